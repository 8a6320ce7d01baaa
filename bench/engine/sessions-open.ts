import { freemem, totalmem } from "node:os";
import type { Runtime } from "../../src/execution/runtime.ts";
import type { Session } from "../../src/execution/session.ts";
import { type Figure, figureOf } from "../figure.ts";

const wanted = 2000;
const atOnce = 4;
/** Share of the machine's memory that stays free: beyond it, the machine and not the engine is measured. */
const spareMemory = 0.1;

/**
 * How many sessions are open at once, each with a variable of its own and each answering for it: up to 2,000, and
 * as many as the machine's memory has room for.
 */
export async function measureSessionsOpen(runtime: Runtime): Promise<Figure[]> {
  const sessions: Session[] = [];
  try {
    let next = 0;
    const openSome = async (): Promise<void> => {
      while (next < wanted && freemem() > totalmem() * spareMemory) {
        const index = next++;
        const session = await runtime.open();
        sessions[index] = session;
        await session.execute(`mine = ${index}`);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, openSome));
    let answering = 0;
    for (const [index, session] of sessions.entries()) {
      const { outputs } = await session.execute("mine");
      const [value] = outputs;
      if (value?.type === "value" && value.data["text/plain"] === `${index}`) answering += 1;
    }
    return [figureOf("sessions_open", "count", [answering])];
  } finally {
    await Promise.all(sessions.map((session) => session.close()));
  }
}
