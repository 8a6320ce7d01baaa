/** What happens to the calls that code makes. Calls run side by side: `callId` tells them apart. */
export type ToolEvent =
  | {
      readonly type: "tool-call-start";
      readonly callId: string;
      /** As code calls it, such as `github.create_issue`. */
      readonly tool: string;
      /** The arguments as code gave them. Untrusted. */
      readonly input: Readonly<Record<string, unknown>>;
    }
  | {
      readonly type: "tool-call-end";
      readonly callId: string;
      readonly tool: string;
      readonly durationMs: number;
      /** What the code is told, when the call failed. */
      readonly error?: string;
      /** The result in short, when it did not. */
      readonly preview?: string;
    }
  /** The call waits for a person; `approval-decision` with the same `id` follows. */
  | {
      readonly type: "approval-request";
      readonly id: string;
      readonly callId: string;
      readonly tool: string;
      readonly description: string;
      /** The checked arguments. Untrusted. */
      readonly input: unknown;
    }
  | {
      readonly type: "approval-decision";
      readonly id: string;
      readonly callId: string;
      readonly tool: string;
      readonly approved: boolean;
      /** Why it was denied. */
      readonly reason?: string;
      /** The arguments that a person has put in the place of those asked for. */
      readonly input?: unknown;
    };
