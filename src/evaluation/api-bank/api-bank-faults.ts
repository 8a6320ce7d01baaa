import type { FormatName, Grading } from "../benchmark.ts";
import type { ApiCallMessage } from "./api-bank-data.ts";

/** Calls that succeed only in the state that an earlier call of the dialogue left, which the databases do not have. */
const needsState: Readonly<Record<string, (input: Readonly<Record<string, unknown>>) => boolean>> =
  {
    GetUserToken: ({ password }) => password === "newpassword" || password === "user1newpass",
    QueryRegistration: ({ patient_name: patient }) => patient === "Mary",
    RegisterUser: ({ username }) => username === "foo",
  };

/** Why no reply in any format can be right; undefined when one can. */
export function faultOfSample({ name, arguments: input }: ApiCallMessage): string | undefined {
  if ("device_id" in input) {
    return "The recorded call names the parameter device_id; the API calls it name.";
  }
  return needsState[name]?.(input) === true
    ? "The recorded call depends on an earlier call of its dialogue, whose effect is not there."
    : undefined;
}

/** Why no reply in this format is graded as right; undefined when one is. */
export function reasonNoAnswerPasses(
  target: ApiCallMessage,
  format: FormatName,
  grading: Grading,
): string | undefined {
  const fault = faultOfSample(target);
  if (fault !== undefined || grading === "corrected") return fault;
  if (target.name === "DeleteMeeting" && target.result.output === "success") {
    return "The original compares deletions of meetings by a parameter that they do not have.";
  }
  if (format === "json") return undefined;
  if (Object.values(target.result.input ?? {}).some(Array.isArray)) {
    return "The original reads no list from code and text.";
  }
  const { name, arguments: input } = target;
  if (format === "text" && name === "Translate" && String(input["src"]).includes(",")) {
    return "The original ends a value in text at its first comma.";
  }
  return undefined;
}
