"""The states of the line, and how many bottles it makes."""

import random

import simpy
from transitions import MachineError
from transitions.extensions import GraphMachine, HierarchicalMachine

STATES = ["idle", {"name": "running", "initial": "rinsing", "children": ["rinsing", "filling", "capping"]}, "stopped"]
TRANSITIONS = [
    {"trigger": "start", "source": "idle", "dest": "running"},
    {"trigger": "next", "source": "running_rinsing", "dest": "running_filling"},
    {"trigger": "next", "source": "running_filling", "dest": "running_capping"},
    {"trigger": "next", "source": "running_capping", "dest": "running_rinsing", "after": "count"},
    {"trigger": "stop", "source": "running", "dest": "stopped"},
    {"trigger": "reset", "source": ["stopped", "running"], "dest": "idle"},
]


class Line:
    def __init__(self):
        self.bottles = 0
        HierarchicalMachine(self, states=STATES, transitions=TRANSITIONS, initial="idle", auto_transitions=False)

    def count(self):
        self.bottles += 1

    def do(self, what):
        try:
            getattr(self, what)()
        except (MachineError, AttributeError) as error:
            raise RuntimeError(str(error)) from None
        return self.state


def diagram():
    flat = GraphMachine(
        states=["idle", "running", "stopped"], initial="idle", auto_transitions=False, graph_engine="mermaid", title="line",
        transitions=[["start", "idle", "running"], ["stop", "running", "stopped"], ["reset", "stopped", "idle"]],
    )
    return flat.get_graph().draw(None)


def simulate(recipe, minutes, fillers=2, seed=7):
    """How many bottles leave the line."""
    chance = random.Random(seed)
    env = simpy.Environment()
    rinser, filler, store = simpy.Resource(env, 1), simpy.PriorityResource(env, fillers), simpy.Store(env)
    rinse = next((step["seconds"] for step in recipe.steps if step["step"] == "rinse"), 10)

    def bottle():
        with rinser.request() as turn:
            yield turn
            yield env.timeout(rinse / 10)
        with filler.request(priority=1) as turn:
            yield turn
            yield env.timeout(recipe.litres * 12 * chance.uniform(0.95, 1.05))
        yield store.put(env.now)

    def source():
        while True:
            env.process(bottle())
            yield env.timeout(3)

    env.process(source())
    env.run(until=minutes * 60)
    return len(store.items)
