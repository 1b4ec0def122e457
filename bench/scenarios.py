"""What is measured: the database that a scenario needs, the tool that measures it, and the tool's arguments."""

import dataclasses


@dataclasses.dataclass
class Scenario:
    tool: str  # a method of Bench in bench/run
    rooms: int = 1
    members: int = 1  # of each room
    arguments: list = dataclasses.field(default_factory=list)  # of the tool
    history: int = 0  # messages in each room before it begins
    missed: int = 0  # messages in each room that nobody has when they connect
    threads: int = 1  # event loops
    on_both_cores: bool = False  # the server; else it has one and the load generator the other
    beside: str = ""  # a scenario that this one is compared with: it runs in the same round, before this one


SCENARIOS = {
    "room-1000": Scenario("load", 1, 1000, ["--publishers", "1", "--window", "1", "--messages", "500"]),
    "room-1000-deflate": Scenario(
        "load", 1, 1000, ["--dialect", "deflate", "--publishers", "1", "--window", "1", "--messages", "500"],
        beside="room-1000",
    ),
    "room-1000-v1": Scenario(
        "load", 1, 1000, ["--dialect", "v1", "--publishers", "1", "--window", "1", "--messages", "500"],
        beside="room-1000",
    ),
    "room-1000-busy": Scenario(
        "load", 1, 1000, ["--publishers", "20", "--window", "8", "--messages", "10000", "--warmup", "1000"]
    ),
    "rooms-500x10": Scenario(
        "load", 500, 10, ["--publishers", "500", "--window", "1", "--messages", "30000", "--warmup", "1000"]
    ),
    "durable": Scenario(
        "durable", 64, 1, ["--publishers", "64", "--window", "16", "--messages", "150000", "--warmup", "10000", "--later"]
    ),
    "latency": Scenario("load", 1, 200, ["--publishers", "10", "--rate", "50", "--messages", "250", "--warmup", "50"]),
    "history": Scenario("fetch", 1, 50, history=200000),
    "pages": Scenario("pages", 2, 1),
    "idle": Scenario("load", 19, 1000, ["--publishers", "0", "--stall-ms", "30000"]),
    "storm": Scenario("load", 19, 1000, ["--publishers", "0", "--concurrency", "19000", "--stall-ms", "30000"]),
    "resume-storm": Scenario(
        "load", 10, 1000,
        ["--dialect", "v1", "--path", "/ws/chat/{chat}/?after={after}", "--publishers", "0", "--missed", "20",
         "--concurrency", "10000", "--stall-ms", "30000"],
        missed=20,
    ),
    "objects": Scenario("objects"),
    "instructions": Scenario("instructions", 1, 1000),
    "one-loop": Scenario(
        "load", 1, 19000, ["--publishers", "1", "--hold", "--messages", "20", "--warmup", "3", "--stall-ms", "30000"],
        on_both_cores=True,
    ),
    "two-loops": Scenario(
        "load", 1, 19000, ["--publishers", "1", "--hold", "--messages", "20", "--warmup", "3", "--stall-ms", "30000"],
        threads=2, on_both_cores=True, beside="one-loop",
    ),
    "rooms-1900x10": Scenario(
        "load", 1900, 10, ["--publishers", "1900", "--window", "1", "--messages", "40000", "--warmup", "4000"],
        beside="one-loop",
    ),
}

# How often the history is read in a round, and how many messages lie in the long one that pages are taken from.
HISTORY_READS = 3
LONG_HISTORY = 1000 * 1000

# What instructions are counted for: people in the room and messages to them; the differences tell what one more costs.
COUNTED_PEOPLE = (200, 1000)
COUNTED_MESSAGES = (50, 150)

# Sizes of the bare loop's batches, and whether foreign keys are checked; the server's own batches come on top.
BARE_BATCHES = [(50, "on"), (200, "on"), (200, "off"), (1000, "on")]
BARE_ROWS = 100 * 1000


def chosen(only):
    """The scenarios asked for (none: all) and those that they are compared with, in the table's order."""
    wanted = set(only or SCENARIOS)
    wanted |= {SCENARIOS[name].beside for name in wanted if SCENARIOS[name].beside}
    return [name for name in SCENARIOS if name in wanted]
