import type { EvaluationProgress } from "../../evaluation/run-evaluation.ts";
import { dollarText } from "../../evaluation/report/summary-table.ts";
import type { TerminalStream } from "../cli-context.ts";

/** Shows a line that changes. */
export interface ChangingLine {
  show(line: string, isLast: boolean): void;
  end(): void;
}

/** Shows how far an evaluation is: one line that changes on a terminal, a line now and then elsewhere. */
export interface EvaluationProgressLine {
  update(progress: EvaluationProgress): void;
  /** Removes the line. */
  end(): void;
}

const barWidth = 20;
const leastBar = 5;
const quietMs = 10_000;

/** Makes the display on a stream; `title` says what is evaluated. */
export function createEvaluationProgress(
  stream: TerminalStream,
  title: string,
  now?: () => number,
): EvaluationProgressLine {
  const line = createChangingLine(stream, now);
  return {
    update: (progress) =>
      line.show(
        stream.isTTY === true
          ? progressText(title, progress, columnsOf(stream))
          : progressText(title, progress),
        progress.done === progress.total,
      ),
    end: line.end,
  };
}

/** Makes a display that only counts. */
export function createCountProgress(
  stream: TerminalStream,
  what: string,
): { update(done: number, total: number): void; end(): void } {
  const line = createChangingLine(stream);
  return {
    update: (done, total) => line.show(`${done} of ${total} ${what}`, done === total),
    end: line.end,
  };
}

/** One line that changes on a terminal, a line now and then elsewhere. */
export function createChangingLine(
  stream: TerminalStream,
  now: () => number = () => performance.now(),
): ChangingLine {
  let isShown = false;
  let last = Number.NEGATIVE_INFINITY;
  const clear = (): void => {
    if (isShown) stream.write("\r\u001b[K");
    isShown = false;
  };
  return {
    show(line, isLast) {
      if (stream.isTTY === true) {
        clear();
        stream.write(line.slice(0, columnsOf(stream)));
        isShown = true;
      } else if (now() - last >= quietMs || isLast) {
        last = now();
        stream.write(`${line}\n`);
      }
    },
    end: clear,
  };
}

/**
 * Such as `gsm8k (code) ██████░░░░ 40/80 tasks, 75.0 % solved, $0.12, 3 min left`. Where that does not fit into
 * `width`, first the bar gets shorter, then words go, and the title last.
 */
export function progressText(
  title: string,
  { done, failed, total, successes, cost, leftMs }: EvaluationProgress,
  width = Infinity,
): string {
  const counted = done - failed;
  const share = counted > 0 ? [`${((successes / counted) * 100).toFixed(1)} %`] : [];
  const lost = failed > 0 ? [`${failed} failed`] : [];
  const money = cost > 0 ? [dollarText(cost)] : [];
  const left = leftMs !== undefined && done < total ? [`${duration(leftMs)} left`] : [];
  const long = [
    `${done}/${total} tasks`,
    ...share.map((text) => `${text} solved`),
    ...lost,
    ...money,
    ...left,
  ].join(", ");
  const short = [`${done}/${total}`, ...share, ...lost, ...money, ...left].join(", ");
  const cells = Math.min(barWidth, width - title.length - long.length - 2);
  const filled = Math.round((done / Math.max(total, 1)) * cells);
  const forms = [
    ...(cells >= leastBar
      ? [`${title} ${"█".repeat(filled)}${"░".repeat(cells - filled)} ${long}`]
      : []),
    `${title} ${long}`,
    `${title} ${short}`,
    long,
  ];
  return forms.find((form) => form.length <= width) ?? short;
}

/** One less than there are: a full line would wrap on some terminals. */
function columnsOf({ columns }: TerminalStream): number {
  return (columns || 80) - 1;
}

function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 90) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${(minutes / 60).toFixed(1)} h`;
}
