"""Runs trajectories the usual way, one Jupyter kernel each, and prints how long it took.

Argument 1 is a JSON file with a list of trajectories, each a list of cells; argument 2 is how many kernels run at once.
Prints the seconds.
"""

import json
import queue
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from jupyter_client.manager import KernelManager

CELL_SECONDS = 30


def execute(client, code):
    """Run a cell until both its reply and its idle message are there, and take what it puts out."""
    message_id = client.execute(code)
    outputs = []
    while True:
        message = client.get_iopub_msg(timeout=CELL_SECONDS)
        if message["parent_header"].get("msg_id") != message_id:
            continue
        if message["content"].get("execution_state") == "idle":
            break
        outputs.append(message["content"])
    while client.get_shell_msg(timeout=CELL_SECONDS)["parent_header"].get("msg_id") != message_id:
        pass
    return outputs


def play(cells):
    """Start a kernel, run the cells of one trajectory in it, and shut it down."""
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        for code in cells:
            try:
                execute(client, code)
            except queue.Empty:
                manager.interrupt_kernel()
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        trajectories = json.load(file)
    started = time.perf_counter()
    with ThreadPoolExecutor(int(sys.argv[2])) as pool:
        list(pool.map(play, trajectories))
    print(time.perf_counter() - started)


main()
