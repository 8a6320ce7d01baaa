import { expect, it } from "vitest";
import { scripted } from "../../test/scripted-conversation.ts";
import { checkSettings } from "./check-settings.ts";

const model = scripted();

it.each([
  [{ planningInterval: 0 }, "planningInterval must be a number from 1, not 0."],
  [{ planningInterval: Number.NaN }, "planningInterval must be a number from 1, not NaN."],
  [{ maxOutputCharacters: -5 }, "maxOutputCharacters must be a number from 1, not -5."],
  [{ maxToolCalls: Number.NaN }, "maxToolCalls must be a number from 0, not NaN."],
  [{ compaction: { keepTurns: 0 } }, "compaction.keepTurns must be a number from 1, not 0."],
  [
    { compaction: { threshold: Number.NaN } },
    "compaction.threshold must be a number above 0 and up to 1, not NaN.",
  ],
])("refuses %j", (settings, message) => {
  expect(() => checkSettings({ model, ...settings })).toThrow(message);
});

it("takes what is left out, infinite or usual", () => {
  checkSettings({ model });
  checkSettings({ model, planningInterval: 3, maxToolCalls: 0, compaction: false });
  expect(() => checkSettings({ model, maxOutputCharacters: Infinity })).not.toThrow();
});
