"""Writes what the server offers as a NodeSet file, for the engineering tool."""

from asyncua import Client


async def nodeset(options) -> None:
    async with Client("opc.tcp://127.0.0.1:4840/teaworks") as client:
        index = await client.get_namespace_index("http://tea.example/plant")
        objects = await client.nodes.objects.get_children()
        nodes = [node for node in objects if node.nodeid.NamespaceIndex == index]
        for node in list(nodes):
            nodes += await node.get_children()
        await client.export_xml(nodes, options.file)
        print(f"{len(nodes)} nodes in {options.file}")
