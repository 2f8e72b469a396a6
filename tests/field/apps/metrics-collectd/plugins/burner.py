"""Reads the burner: here the flue only warms up."""

import collectd

state = {"start": 20.0}


def configure(conf):
    for node in conf.children:
        if node.key == "Start":
            state["start"] = float(node.values[0])


def read():
    values = collectd.Values(plugin="burner", type="temperature", type_instance="water")
    values.dispatch(values=[state["start"]])


collectd.register_config(configure)
collectd.register_read(read)
