import type { FormatName, Grading } from "../benchmark.ts";
import type { ApiCallMessage } from "./api-bank-data.ts";

/** Calls that succeed only in the state that an earlier call of the dialogue left, which the databases do not have. */
const needsState: Readonly<Record<string, (input: Readonly<Record<string, unknown>>) => boolean>> =
  {
    GetUserToken: ({ password }) => password === "newpassword" || password === "user1newpass",
    QueryRegistration: ({ patient_name: patient }) => patient === "Mary",
    RegisterUser: ({ username }) => username === "foo",
  };

/** Why no reply is graded as right; undefined when one is. */
export function reasonNoAnswerPasses(
  { name, arguments: input, result }: ApiCallMessage,
  format: FormatName,
  grading: Grading,
): string | undefined {
  if ("device_id" in input) {
    return "The recorded call names the parameter device_id; the API calls it name.";
  }
  if (needsState[name]?.(input) === true) {
    return "The recorded call depends on an earlier call of its dialogue, whose effect is not there.";
  }
  if (grading === "corrected" || format === "json") return undefined;
  if (Object.values(result.input ?? {}).some(Array.isArray)) {
    return "The original reads no list from code and text.";
  }
  return undefined;
}
