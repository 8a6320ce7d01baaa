/** What our loop and its rival are given alike. `{turn}` becomes the number of the turn. */
export interface LoopTask {
  /** Replies of one run: cells, and the answer at the end. */
  readonly turns: number;
  readonly runs: number;
  readonly warmUps: number;
  readonly prose: string;
  readonly code: string;
  /** What each cell prints. */
  readonly printed: string;
  readonly answer: string;
}

export const loopTask: LoopTask = {
  turns: 20,
  runs: 50,
  warmUps: 10,
  prose:
    "I look at the next part of the table and count the rows that have a value in this column.",
  code: "part = frame.iloc[{turn} * 100 : ({turn} + 1) * 100]\ncounts = part.groupby('origin').size()\nprint(counts)",
  printed: "origin\nEurope    {turn}\nJapan     79\nUSA      254\ndtype: int64\n",
  answer: "Most of the cars come from the USA.",
};
