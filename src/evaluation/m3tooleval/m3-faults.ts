import type { M3Expected } from "./m3-grade.ts";

/** A task whose expected answer is not the only right one. */
export interface M3TaskFault {
  readonly reason: string;
  /** Answers that corrected grading accepts besides the expected one. */
  readonly alsoRight: readonly M3Expected[];
}

/** Faults of the data that corrected grading repairs, by the name of the task. */
export const m3TaskFaults: Readonly<Record<string, M3TaskFault>> = {
  "message_decoder/longest_decoded_string": {
    reason: "It asks for the longest message and expects the least length; all have the same.",
    alsoRight: texts("kcH", "deH", "jdG"),
  },
  "cryptobotanists_plant_dna_sequencer/find_most_common_nucleotide_and_transcribe": {
    reason: "A, G and C are equally common.",
    alsoRight: texts("CCC", "GGG"),
  },
  "cryptobotanists_plant_dna_sequencer/validate_find_longest_valid_sequence": {
    reason: "Both valid sequences have the same length.",
    alsoRight: texts("GTCAGT"),
  },
  "cryptobotanists_plant_dna_sequencer/find_most_common_nucleotide_combined_sequence": {
    reason: "All four nucleotides are equally common.",
    alsoRight: [
      ...["C", "G", "T"].map((letter) => value("tuple", `('${letter}', 3)`)),
      ...texts("A", "C", "G", "T"),
    ],
  },
  "trade_calculator/quantity_tariff_tradeoff": {
    reason: "It asks which option is more profitable and expects the value.",
    alsoRight: texts("Option 1", "1"),
  },
  "travel_itinerary_planning/plan_trip_to_0": {
    reason: "Two hotels fit; the expected answer takes the first, not the cheaper one.",
    alsoRight: [value("int", "700")],
  },
};

/** Links of the site that lead nowhere, and the pages that they mean. */
export const m3PageAliases: Readonly<Record<string, string>> = {
  "/team/customer_support": "/team/customer-support",
};

function texts(...answers: readonly string[]): readonly M3Expected[] {
  return answers.map((text) => ({ type: "str", repr: JSON.stringify(text), text }));
}

function value(type: string, text: string): M3Expected {
  return { type, repr: text, text };
}
