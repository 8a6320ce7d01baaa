"""The APIs of API-Bank, level 1, as far as its dialogues call them.

Source: Li et al., "API-Bank: A Comprehensive Benchmark for Tool-Augmented LLMs" (Apache-2.0). Rebuilt from the
descriptions, databases and recorded calls of the release; what a call returns, raises and is compared by follows them.
"""

from .bank import Bank

__all__ = ["Bank"]
