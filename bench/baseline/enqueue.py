"""Adds no-op jobs one by one and prints how long that took, as JSON: python -m baseline.enqueue JOBS WARMUP_JOBS"""

import json
import sys
import time

from .tasks import noop


def main() -> None:
    jobs, warmup_jobs = int(sys.argv[1]), int(sys.argv[2])
    for _ in range(warmup_jobs):
        noop.delay()
    milliseconds = []
    started = time.perf_counter()
    for _ in range(jobs):
        before = time.perf_counter()
        noop.delay()
        milliseconds.append((time.perf_counter() - before) * 1000)
    seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "milliseconds": milliseconds}))


main()
