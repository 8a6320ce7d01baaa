"""Measures ipykernel the way the engine is measured; prints one line of JSON with all samples."""

import json
import sys
import time

from jupyter_client.manager import KernelManager

IMPORTS = "import numpy, pandas, matplotlib.pyplot"
OPENS = 5
CELLS = 200


def open_kernel():
    """Start a kernel, wait until it answers, and import what our sessions have imported."""
    started = time.perf_counter()
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    execute(client, IMPORTS)
    return manager, client, (time.perf_counter() - started) * 1000


def execute(client, code):
    """Run a cell until both its reply and its idle message are there; return milliseconds."""
    started = time.perf_counter()
    message_id = client.execute(code)
    while True:
        reply = client.get_shell_msg(timeout=60)
        if reply["parent_header"].get("msg_id") == message_id:
            break
    while True:
        message = client.get_iopub_msg(timeout=60)
        is_ours = message["parent_header"].get("msg_id") == message_id
        if is_ours and message["content"].get("execution_state") == "idle":
            return (time.perf_counter() - started) * 1000


def proportional_megabytes(pid):
    """Return the kernel's PSS in MB."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        for line in file:
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    raise RuntimeError("no PSS")


def main():
    think_seconds = float(sys.argv[1]) / 1000
    samples = {"sessionOpenMs": [], "idleMegabytes": []}
    for _ in range(OPENS):
        manager, client, elapsed = open_kernel()
        samples["sessionOpenMs"].append(elapsed)
        samples["idleMegabytes"].append(proportional_megabytes(manager.provisioner.process.pid))
        if len(samples["sessionOpenMs"]) == OPENS:
            for _ in range(20):
                execute(client, "1+1")
            samples["saturatedRoundTripMs"] = [execute(client, "1+1") for _ in range(CELLS)]
            samples["cellRoundTripMs"] = []
            for _ in range(CELLS):
                time.sleep(think_seconds)
                samples["cellRoundTripMs"].append(execute(client, "1+1"))
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    print(json.dumps(samples))


main()
