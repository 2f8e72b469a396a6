import asyncio
import signal

import yaml
from asyncua import Server, ua, uamethod
from asyncua.common.structures104 import new_enum, new_struct, new_struct_field
from asyncua.server.history_sql import HistorySQLite

from plant.users import Users


@uamethod
def brew(parent, grams: float, cups: int) -> str:
    if cups < 1:
        return "no cup"
    return f"{grams / cups:.2f} g in a cup"


@uamethod
async def fail(parent):
    raise ValueError("the kettle is empty")


async def serve(options) -> None:
    with open(options.config) as file:
        settings = yaml.safe_load(file)
    server = Server(user_manager=Users(settings["users"]))
    await server.init()
    server.set_endpoint(settings["endpoint"])
    server.set_server_name(settings["name"])
    await server.set_application_uri("urn:tea.example:server")
    server.set_security_policy([getattr(ua.SecurityPolicyType, p) for p in settings["policies"]])
    await server.load_certificate("pki/server.der")
    await server.load_private_key("pki/server.key.pem")
    history = HistorySQLite(settings["history"])
    await history.init()
    server.iserver.history_manager.set_storage(history)
    index = await server.register_namespace(settings["namespace"])
    await server.import_xml("lines.xml")

    batch = await new_struct(
        server, index, "Batch",
        [new_struct_field("sort", ua.VariantType.String), new_struct_field("kilos", ua.VariantType.Double)],
    )
    await new_enum(server, index, "State", ["Idle", "Heating", "Brewing"])
    await server.load_data_type_definitions()
    alarm = await server.create_custom_event_type(
        index, "BoilDry", ua.ObjectIds.BaseEventType, [("Litres", ua.VariantType.Double)]
    )

    temperatures = []
    for kettle in settings["kettles"]:
        node = await server.nodes.objects.add_object(index, kettle["name"])
        temperature = await node.add_variable(index, "Temperature", 20.0)
        setpoint = await node.add_variable(index, "Setpoint", kettle["setpoint"])
        await setpoint.set_writable()
        await node.add_property(index, "Unit", kettle["unit"])
        await node.add_method(index, "Brew", brew, [ua.VariantType.Double, ua.VariantType.Int64], [ua.VariantType.String])
        await node.add_method(index, "Fail", fail, [], [])
        await node.add_variable(index, "Batch", ua.Batch(sort="Assam", kilos=2.5), datatype=batch[0].nodeid)
        await node.add_variable(index, "State", ua.State.Idle)
        temperatures.append((temperature, setpoint))
    generator = await server.get_event_generator(alarm, server.nodes.server)

    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with server:
        await server.historize_node_data_change([t for t, _ in temperatures], period=None, count=100)
        while not stop.is_set():
            for temperature, setpoint in temperatures:
                value, wanted = await temperature.read_value(), await setpoint.read_value()
                await temperature.write_value(round(value + (wanted - value) / 4, 2))
            generator.event.Litres = 0.1
            await generator.trigger(message="The kettle is almost dry")
            await asyncio.sleep(settings["period"])
