import type { FormatName } from "../benchmark.ts";
import { mintAction } from "./mint-action.ts";

/**
 * The instructions and in-context examples of MINT (Wang et al., 2023, https://github.com/xingyaoww/mint-bench,
 * Apache-2.0), word for word: published numbers were made with them. In JSON and text the same code stands in calls of
 * `run_python`, and all else is alike.
 */

export interface MintRules {
  /** Actions and proposals together. */
  readonly maxSteps: number;
  readonly maxProposals: number;
}

/** The message that starts a task: instructions, tools, an example, and the task. */
export function mintPrompt(
  kind: "reasoning" | "mbpp" | "humaneval",
  prompt: string,
  { maxSteps, maxProposals }: MintRules,
  format: FormatName = "code",
): string {
  const limits = `You have ${maxSteps} chances to interact with the environment or propose a solution. You can only propose a solution ${maxProposals} times.`;
  const tools = kind === "reasoning" ? `\n${searchTool}\n` : "";
  const example = inFormat(examples[kind], format);
  return `${instructions(format)}\n\n${limits}\n${tools}\n\n\n---\n\nTask:\n${example}\n\n\n---\n\nTask:\n${prompt}\n`;
}

/** Writes the actions of a text in another format. */
function inFormat(text: string, format: FormatName): string {
  if (format === "code") return text;
  return text.replaceAll(
    /(<execute>\s*)([^]*?)(\s*<\/execute>)/g,
    (_, opening: string, code: string, closing: string) =>
      `${opening}${mintAction(format, code)}${closing}`,
  );
}

function instructions(format: FormatName): string {
  return `You are a helpful assistant assigned with the task of problem-solving. To achieve this, you will be using an interactive coding environment equipped with a variety of tool functions to assist you throughout the process.

At each turn, you should first provide your step-by-step thinking for solving the task. Your thought process should be enclosed using "<thought>" tag, for example: <thought> I need to print "Hello World!" </thought>.

After that, you have two options:

1) ${waysToAct[format]} enclosed using "<execute>" tag, for example: <execute> ${mintAction(format, 'print("Hello World!")')} </execute>.
2) Directly provide a solution that adheres to the required format for the given task. Your solution should be enclosed using "<solution>" tag, for example: The answer is <solution> A </solution>.`;
}

const waysToAct: Readonly<Record<FormatName, string>> = {
  code: "Interact with a Python programming environment and receive the corresponding output. Your code should be",
  json: "Interact with a Python programming environment through the function run_python(code: str) and receive the corresponding output. Your call of it should be a JSON object",
  text: "Interact with a Python programming environment through the function run_python(code: str) and receive the corresponding output. Your call of it should be its name, a comma and the code,",
};

const searchTool = `Tool function available (already imported in <execute> environment):
[1] wikipedia_search(query: str) -> str
The Wikipedia Search tool provides access to a vast collection of articles covering a wide range of topics.
Can query specific keywords or topics to retrieve accurate and comprehensive information.`;

const examples = {
  reasoning: String.raw`Evaluate $\int\int_C (x+y)^2 dx,dy$, where C is the circle defined by $x^2 + y^2 = M$, and M is the birth year of Li Bai.
Output format requirement: Round to three decimal places, using half up rounding rule.

Assistant:
<thought> To solve this problem, let's start by determining Li Bai's birth year. </thought>
<execute> print(wikipedia_search('Li Bai')) </execute>

Observation:
Page: Li Bai
Summary: Li Bai (Chinese: 李白; pinyin: Lǐ Bái, 701–762), also pronounced as Li Bo, courtesy name Taibai (Chinese: 太白), was a Chinese poet, acclaimed from his own time to the present as a brilliant and romantic figure who took traditional poetic forms to new heights.

Assistant:
<thought>
From the wiki_search result, we can see that Li Bai was born in 701, thus M = 701.
To evaluate the double integral of $(x+y)^2$ over the region $C$, where $C$ is the circle defined by $x^2 + y^2 = 701$, we should use polar coordinates.
In polar coordinates, $x = r\cos(\theta)$ and $y = r\sin(\theta)$, and the differential area element $dx,dy$ becomes $r,dr,d\theta$.
$\int\int_C (x+y)^2 dx,dy = \int_0^{2\pi}\int_0^{\sqrt{701}} (r\cos(\theta) + r\sin(\theta))^2r,dr,d\theta$
Let's use the SymPy package to calculate this.
</thought>
<execute>
from sympy import symbols, integrate, cos, sin, pi

r, theta = symbols('r theta')

# the integrand
integrand = (r*cos(theta) + r*sin(theta))**2 * r

# perform the double integration
double_integral = integrate(integrate(integrand, (r, 0, 701 ** 0.5)), (theta, 0, 2*pi))
print(double_integral)
</execute>

Observation:
Out[2]: 245700.5*pi

Assistant:
<thought> Let's round this result to three decimal places using half up rounding rule. </thought>
<execute>
import math
print(round(245700.5*math.pi, 3))
</execute>

Observation:
771890.886

Assistant:
The answer is <solution> 771890.886 </solution>.`,
  mbpp: `Write a function to find the similar elements from the given two tuple lists.
assert similar_elements((3, 4, 5, 6),(5, 7, 4, 10)) == (4, 5)

Assistant:
<thought> The similar elements here are just elements that are in both lists. I should run a solution on the test case before proposing a solution. </thought>
<execute>
def similar_elements(test_tup1, test_tup2):
    res = tuple(set(test_tup1) | set(test_tup2))
    return res
res = similar_elements((3, 4, 5, 6), (5, 7, 4, 10))
assert res == (4, 5), "Expected (4, 5) but got {}".format(res)
</execute>

Observation:
---------------------------------------------------------------------------
AssertionError                            Traceback (most recent call last)
Cell In[4], line 5
      3     return res
      4 res = similar_elements((3, 4, 5, 6), (5, 7, 4, 10))
----> 5 assert res == (4, 5), "Expected (4, 5) but got {}".format(res)

AssertionError: Expected (4, 5) but got (3, 4, 5, 6, 7, 10)

Assistant:
<thought> To find the similar elements, I should find the intersection of the two sets. I should use the & operator instead of the | operator. </thought>
<execute>
def similar_elements(test_tup1, test_tup2):
    res = tuple(set(test_tup1) & set(test_tup2))
    return res
res = similar_elements((3, 4, 5, 6), (5, 7, 4, 10))
assert res == (4, 5), "Expected (4, 5) but got {}".format(res)
</execute>

Observation:
[Executed Successfully with No Output]

Assistant:
<thought> There is no more AssertionError. I can now submit the solution. </thought>
<solution>
def similar_elements(test_tup1, test_tup2):
    res = tuple(set(test_tup1) & set(test_tup2))
    return res
</solution>`,
  humaneval: `Complete the following code:

from typing import Tuple
def similar_elements(test_tup1: Tuple[int], test_tup2: Tuple[int]) -> Tuple[int]:
    """
    Write a function to find the similar elements from the given two tuple lists.
    assert similar_elements((3, 4, 5, 6),(5, 7, 4, 10)) == (4, 5)
    """

Assistant:
<thought> The similar elements here are just elements that are in both lists. I should run a solution on the test case before proposing a solution. </thought>
<execute>
from typing import Tuple
def similar_elements(test_tup1: Tuple[int], test_tup2: Tuple[int]) -> Tuple[int]:
    res = tuple(set(test_tup1) | set(test_tup2))
    return res
res = similar_elements((3, 4, 5, 6), (5, 7, 4, 10))
assert res == (4, 5), "Expected (4, 5) but got {}".format(res)
</execute>

Observation:
---------------------------------------------------------------------------
AssertionError                            Traceback (most recent call last)
Cell In[4], line 5
      3     return res
      4 res = similar_elements((3, 4, 5, 6), (5, 7, 4, 10))
----> 5 assert res == (4, 5), "Expected (4, 5) but got {}".format(res)

AssertionError: Expected (4, 5) but got (3, 4, 5, 6, 7, 10)

Assistant:
<thought> To find the similar elements, I should find the intersection of the two sets. I should use the & operator instead of the | operator. </thought>
<execute>
def similar_elements(test_tup1: Tuple[int], test_tup2: Tuple[int]) -> Tuple[int]:
    res = tuple(set(test_tup1) & set(test_tup2))
    return res
res = similar_elements((3, 4, 5, 6), (5, 7, 4, 10))
assert res == (4, 5), "Expected (4, 5) but got {}".format(res)
</execute>

Observation:
[Executed Successfully with No Output]

Assistant:
<thought> There is no more AssertionError. I can now submit the solution. </thought>
<solution>
def similar_elements(test_tup1: Tuple[int], test_tup2: Tuple[int]) -> Tuple[int]:
    res = tuple(set(test_tup1) & set(test_tup2))
    return res
</solution>`,
};
