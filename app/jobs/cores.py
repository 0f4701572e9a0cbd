"""Leave one processor core to the window while a job computes."""

import os
import threading

_told = threading.local()


def job_threads() -> int:
    """How many threads a job may compute with: all cores but one, at least one."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, (usable or 2) - 1)


def leave_one_core() -> None:
    """Let what this thread computes from now on use all cores but one; once per thread.

    Other threads keep theirs. Does nothing on the main thread, where commands compute with all.
    """
    if threading.current_thread() is threading.main_thread() or getattr(_told, "done", False):
        return
    _told.done = True
    import torch

    from renderer.kernels import use_threads

    count, others = job_threads(), torch.get_num_threads()
    torch.set_num_threads(count)
    use_threads(count)
    # torch takes the last number set as that of threads which have not computed yet, while those
    # which have keep their own: a thread that is gone at once sets it back.
    helper = threading.Thread(target=torch.set_num_threads, args=(others,), name="thread count")
    helper.start()
    helper.join()
