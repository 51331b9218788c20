# Interpreters at the same time.


def scenario_parallel():
    """Own-GIL interpreters import and use the target at the same time, and end in another order, in other threads."""
    import _thread

    api = Interpreters()
    prepare()
    preload()

    def run(work, items):
        gate = _thread.allocate_lock()
        gate.acquire()
        ends = []
        for item in items:
            end = _thread.allocate_lock()
            end.acquire()
            ends.append(end)

            def body(item=item, end=end):
                gate.acquire()
                gate.release()
                try:
                    work(item)
                except BaseException as error:
                    failed(error, "thread")
                finally:
                    end.release()

            _thread.start_new_thread(body, ())
        gate.release()
        for end in ends:
            end.acquire()

    def which(number):
        return ", round %d" % (number + 1) if CONFIG["rounds"] > 1 else ""

    for round_number in range(CONFIG["rounds"]):
        say_step(name="parallel import%s" % which(round_number))
        made = [api.create(CONFIG["gil"]) for _ in range(CONFIG["width"])]
        run(lambda number: api.run(made[number], "a parallel interpreter", "visit(False)"), range(len(made)))
        say_step(name="end of the interpreters from other threads%s" % which(round_number))
        run(lambda number: api.destroy(made[number]), range(1, len(made), 2))
        for number in reversed(range(0, len(made), 2)):
            api.destroy(made[number])
