"""Measures the loop of smolagents the way ours is measured; prints one line of JSON with all samples."""

import json
import sys
import time

from smolagents import CodeAgent
from smolagents.local_python_executor import CodeOutput, PythonExecutor
from smolagents.models import ChatMessage, MessageRole, Model
from smolagents.monitoring import LogLevel, TokenUsage


class InstantModel(Model):
    """Gives recorded replies at once."""

    def __init__(self, replies):
        super().__init__(model_id="instant")
        self.replies = iter(replies)

    def generate(self, messages, **_options):
        return ChatMessage(
            role=MessageRole.ASSISTANT,
            content=next(self.replies),
            token_usage=TokenUsage(input_tokens=1000, output_tokens=100),
        )


class InstantExecutor(PythonExecutor):
    """Returns at once what a cell would have printed."""

    def __init__(self, printed):
        self.printed = printed
        self.count = 0

    def send_tools(self, tools):
        pass

    def send_variables(self, variables):
        pass

    def __call__(self, code_action):
        self.count += 1
        answered = "final_answer" in code_action
        return CodeOutput(
            output="answered" if answered else None,
            logs=self.printed.replace("{turn}", str(self.count)),
            is_final_answer=answered,
        )


def measure_run(task):
    """Run the task once; return milliseconds per turn."""
    action = f"{task['prose']}\n<code>\n{task['code']}\n</code>"
    replies = [action.replace("{turn}", str(turn)) for turn in range(task["turns"] - 1)]
    replies.append(f"<code>\nfinal_answer({task['answer']!r})\n</code>")
    agent = CodeAgent(
        tools=[],
        model=InstantModel(replies),
        executor=InstantExecutor(task["printed"]),
        max_steps=task["turns"],
        verbosity_level=LogLevel.OFF,
    )
    started = time.perf_counter()
    answer = agent.run("Work through the steps.")
    elapsed = (time.perf_counter() - started) * 1000
    if answer != "answered" or len(agent.memory.steps) != task["turns"] + 1:
        raise RuntimeError(f"the loop took another way: {answer!r}")
    return elapsed / task["turns"]


def main():
    task = json.loads(sys.argv[1])
    for _ in range(task["warmUps"]):
        measure_run(task)
    print(json.dumps([measure_run(task) for _ in range(task["runs"])]))


main()
