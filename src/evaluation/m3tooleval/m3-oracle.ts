import { messageText } from "../../models/model.ts";
import type { Message } from "../../models/model.ts";
import type { FormatName } from "../benchmark.ts";
import type { Oracle, OracleReply } from "../oracle.ts";
import { pythonLiteral } from "../../syntax/python-literal.ts";
import type { M3Record } from "./m3-data.ts";

/** A call of a tool; an argument may be the result of an earlier call. */
interface PlannedCall {
  readonly tool: string;
  readonly args: readonly (string | number | ResultOf)[];
}

interface ResultOf {
  /** Counts from 0 in the plan. */
  readonly call: number;
  readonly isNumber?: true;
}

/** Calls that fit into the original's ten turns beside the answer. */
const maxCalls = 9;

/** Replies that work on a task with its tools, in any format, and give the answer that the data set expects. */
export function m3Oracle(
  record: M3Record,
  format: FormatName,
  pages: Readonly<Record<string, string>>,
): Oracle {
  const plan = planCalls(record, pages).slice(0, maxCalls);
  const answer = `Thought: I know the answer.\nAnswer: ${record.expected.text}`;
  if (format === "code") return { replies: [`Action:\n${program(plan)}\nEnd Action`, answer] };
  const results: string[] = [];
  const resultOf = ({ call, isNumber }: ResultOf) =>
    isNumber === true ? Number(results[call]) : results[call]!;
  const replies = plan.map((call, index): OracleReply => {
    return (conversation) => {
      if (index > 0) results[index - 1] = lastObservation(conversation);
      const args = call.args.map((arg) => (typeof arg === "object" ? resultOf(arg) : arg));
      const action =
        format === "json"
          ? JSON.stringify({ tool: call.tool, args })
          : [call.tool, ...args].join(", ");
      return `Thought: I call ${call.tool}.\nAction: ${action} End Action`;
    };
  });
  return { replies: [...replies, answer] };
}

function program(plan: readonly PlannedCall[]): string {
  return plan
    .map(({ tool, args }, index) => {
      const values = args.map((arg) =>
        typeof arg === "object" ? `result_${arg.call}` : pythonLiteral(arg),
      );
      return `result_${index} = ${tool}(${values.join(", ")})\nprint(result_${index})`;
    })
    .join("\n");
}

function lastObservation(conversation: readonly Message[]): string {
  const last = conversation.at(-1);
  return last === undefined ? "" : messageText(last).trim();
}

function planCalls(
  { family, instruction, name }: M3Record,
  pages: Readonly<Record<string, string>>,
): readonly PlannedCall[] {
  switch (family) {
    case "message_decoder":
      return decode(instruction);
    case "cryptobotanists_plant_dna_sequencer":
      return sequence(instruction);
    case "trade_calculator":
      return trade(instruction);
    case "travel_itinerary_planning":
      return travel(instruction);
    case "web_browsing":
      return browse(instruction, name, pages);
    default:
      return [];
  }
}

function decode(instruction: string): readonly PlannedCall[] {
  const shift = Number(/shifts? of (\d+)/.exec(instruction)?.[1] ?? 0);
  return [...instruction.matchAll(/'([0-9a-f]{6,})'/g)].slice(0, 3).flatMap(([, hex], index) => [
    { tool: "convert_hex_to_ascii", args: [hex!] },
    { tool: "reverse_string", args: [{ call: 3 * index }] },
    { tool: "caesar_decode", args: [{ call: 3 * index + 1 }, shift] },
  ]);
}

function sequence(instruction: string): readonly PlannedCall[] {
  const found = /'([ACGTUX]+)'/.exec(instruction)?.[1] ?? "";
  if (found.includes("U")) {
    return [
      { tool: "reverse_transcribe_mrna_to_dna", args: [found] },
      { tool: "count_nucleotides", args: [{ call: 0 }] },
    ];
  }
  return [
    { tool: "is_valid_dna_sequence", args: [found] },
    { tool: "transcribe_dna_to_mrna", args: [found] },
    { tool: "translate_mrna_to_amino_acid", args: [{ call: 1 }] },
  ];
}

function trade(instruction: string): readonly PlannedCall[] {
  const numbers = [...instruction.matchAll(/\d+(?:\.\d+)?/g)].map(([number]) => Number(number));
  const [price = 1, rate = 1, tariff = 0] = numbers;
  return [
    { tool: "convert_currency", args: [price, rate] },
    { tool: "calculate_tariff", args: [{ call: 0, isNumber: true }, tariff] },
    { tool: "estimate_final_value", args: [0, 1].map((call) => ({ call, isNumber: true })) },
  ];
}

function travel(instruction: string): readonly PlannedCall[] {
  const places = [...instruction.matchAll(/"([A-F])"/g)].map(([, place]) => place!);
  const dates = [...instruction.matchAll(/\d{4}-\d{2}-\d{2}/g)].map(([date]) => date);
  return dates.flatMap((date, index) => {
    const [from, to] = [places[index], places[index + 1]];
    return from === undefined || to === undefined
      ? []
      : [
          { tool: "find_flights", args: [from, to, date] },
          { tool: "book_hotel", args: [to] },
        ];
  });
}

function browse(
  instruction: string,
  name: string,
  pages: Readonly<Record<string, string>>,
): readonly PlannedCall[] {
  const listed = /\[([^\]]+)\]/.exec(instruction)?.[1]?.split(", ");
  if (listed !== undefined) {
    const items = listed.map((item) => pageOf(item, pages));
    const prices = items.map((page) => /\$?(\d+\.\d+)(?!.*\d+\.\d+)/s.exec(pages[page] ?? "")?.[1]);
    return [
      ...items.map((page) => ({ tool: "click_url", args: [page] })),
      { tool: "calculator", args: [prices.join(" + ")] },
    ];
  }
  const subject = name.slice(name.indexOf("/") + 1).replace(/^.*?(?:_of_|_person_|people_in_)/, "");
  return [
    { tool: "click_url", args: [pageOf(subject, pages)] },
    { tool: "view", args: [] },
  ];
}

function pageOf(subject: string, pages: Readonly<Record<string, string>>): string {
  const slug = subject.toLowerCase().replaceAll(" ", "_");
  const ending = Object.keys(pages).find(
    (page) => page.endsWith(`/${slug}`) || page.endsWith(`/${slug.replaceAll("_", "-")}`),
  );
  return ending ?? "/";
}
