import type { Session } from "../../execution/session.ts";
import type { Grading } from "../benchmark.ts";

/**
 * Judges answers by TheoremQA's rules (Chen et al., 2023; `predict_accuracy.py`, as MINT uses it): the answer is
 * normalised and evaluated as Python, numbers match within 4 %. Evaluating is why this needs a session.
 */
export async function gradeTheoremqa(
  session: Session,
  question: { readonly reference: unknown; readonly answerType: string },
  answer: string,
  grading: Grading,
): Promise<boolean> {
  const input = JSON.stringify([answer, question.reference, question.answerType, grading]);
  const outcome = await session.execute(
    `${grader}\nprint(_grade_theoremqa(*__import__("json").loads(${JSON.stringify(input)})))`,
    { timeoutMs: 10_000 },
  );
  const printed = outcome.outputs.map((output) => (output.type === "stream" ? output.text : ""));
  // What evaluating the answer printed comes first.
  return outcome.status === "ok" && printed.join("").trimEnd().endsWith("True");
}

const grader = String.raw`
def _grade_theoremqa(answer, reference, answer_type, grading):
    import contextlib, io, math, re, unicodedata
    from fractions import Fraction
    namespace = {"math": math, "Fraction": Fraction}
    try:
        import numpy
        namespace["np"] = namespace["numpy"] = numpy
    except ImportError:
        numpy = None
    if grading == "corrected":
        for name in ("pi", "e", "sqrt", "log", "exp", "sin", "cos", "tan"):
            namespace[name] = getattr(math, name)

    def is_number(text):
        for read in (float, unicodedata.numeric):
            try:
                read(text)
                return True
            except (TypeError, ValueError):
                pass
        return False

    def extract(value):
        text = str(value)
        for sign in ("=", "≈"):
            if sign in text:
                text = text.split(sign)[-1].strip()
        for sign in ("${"`"}", "$", "°"):
            text = text.replace(sign, "")
        if grading == "corrected":
            text = text.replace("^", "**").strip().rstrip(".")
            text = text.lower() if text.lower() in ("true", "yes", "false", "no") else text
            if is_number(text.replace(",", "")):
                text = text.replace(",", "")
        if text in ("true", "yes", "false", "no"):
            text = "True" if text in ("true", "yes") else "False"
        if "True" in text or "False" in text:
            text = "True" if "True" in text else "False"
        if "approximately" in text:
            text = text.replace("approximately", "").strip()
        if " or " in text:
            text = text.split(" or ")[0]
        number = r"(?:[\d,]*\.*\d+)"
        for whole, part in (
            (rf"[-+]?{number} [^0-9 ]+$", rf"([-+]?{number}) [^0-9 ]+$"),
            (rf"[^0-9 ]+ [-+]?{number}$", rf"[^0-9 ]+ ([-+]?{number})$"),
            (rf"[-+]?{number}[^\d]{{1,2}}$", rf"([-+]?{number})[^\d]{{1,2}}$"),
            (rf"[^-+\d]{{1,2}}{number}$", rf"[^-+\d]{{1,2}}({number})$"),
        ):
            if re.match(whole, text):
                text = re.search(part, text).group(1)
        if "10^" in text:
            text = re.sub(r"10\^(-?\d+)", r"math.pow(10, \1)", text)
        for sign in (" x ", " × "):
            text = text.replace(sign, "*")
        if is_number(text):
            text = text.replace(",", "")
        for letter in "abcd":
            if f"{letter})" in text or f"{letter} )" in text or text.lower().strip() == letter:
                text = f"({letter})"
        option = re.search(r"\([a-d]\)", text)
        if option:
            text = '"' + option.group(0) + '"'
        value = text or "0"
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                value = eval(value, dict(namespace))
        except BaseException:
            pass
        if isinstance(value, (set, tuple)):
            value = list(value)
            if value and isinstance(value[0], complex):
                value = [item.real for item in value]
            elif value and isinstance(value[0], Fraction):
                value = [float(item) for item in value]
        elif numpy is not None and isinstance(value, numpy.ndarray):
            value = value.tolist()
        elif isinstance(value, complex):
            value = value.real
        elif isinstance(value, Fraction):
            value = float(value)
        return value

    def same_number(given, wanted):
        if not isinstance(given, (int, float)):
            return False
        if grading == "corrected" and isinstance(given, bool):
            return False
        if isinstance(wanted, float):
            return wanted - abs(wanted) * 0.04 <= given <= wanted + abs(wanted) * 0.04
        if grading == "corrected":
            return abs(given - wanted) < 1e-6 * max(1, abs(wanted))
        return round(given) == wanted

    given, wanted = extract(answer), extract(reference)
    try:
        if answer_type in ("bool", "option", "Option"):
            return given == f"({wanted})" or given == wanted
        if answer_type in ("integer", "float"):
            return same_number(given, wanted)
        if not isinstance(given, list) or len(given) != len(wanted):
            return False
        if not all(isinstance(item, (int, float)) for item in given):
            return False
        return all(same_number(a, b) for a, b in zip(sorted(given), sorted(wanted)))
    except (TypeError, ValueError, OverflowError):
        return False
`;
