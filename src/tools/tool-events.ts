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
    };
