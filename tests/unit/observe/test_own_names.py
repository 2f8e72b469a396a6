from ci_slim.engine.identity import Endpoint, Identity, identity_of
from ci_slim.observe.own_names import own_names

ID = "b09e1a9b529a" + "4" * 52
BRIDGE = Endpoint("bridge", "172.17.0.2", 16, "172.17.0.1", "fd00::2", "02:42:ac:11:00:02")
TARGET = Identity(ID, "quiet_hopper", (BRIDGE,))


def test_all_forms_of_an_address_are_names() -> None:
    text = (
        "172.17.0.2 ip-172-17-0-2 2.0.17.172.in-addr.arpa 020011AC:0050 ac110002 fd00::2 "
        "172.17.0.1 172.17.0.0/16 172.17.255.255 02:42:ac:11:00:02"
    )
    assert own_names(TARGET, {}).in_text(text) == (
        "<own address> ip-<own address> <own address>.in-addr.arpa <own address>:0050 "
        "<own address> <own IPv6 address> "
        "<gateway> <network address>/<length> <network address> <MAC address>"
    )


def test_a_mac_address_is_a_name_as_programs_write_it() -> None:
    text = "02:42:ac:11:00:02 02:42:AC:11:00:02 02-42-AC-11-00-02 02-42-ac-11-00-02 0242ac110002"
    assert own_names(TARGET, {}).in_text(text) == " ".join(["<MAC address>"] * 5)


def test_a_network_of_another_length_gives_the_same_answers() -> None:
    """Docker hands out 172.18.0.0/16 to 172.31.0.0/16, and then 192.168.0.0/20 and so on."""

    def answer(address: str, prefix: int, network: str, mask: str, mask_in_hex: str) -> str:
        endpoint = Endpoint("ci-slim-7-1a", address, prefix)
        text = f"inet {address}/{prefix} via {network}/{prefix} {mask} eth0 0003 {mask_in_hex}\t0"
        return own_names(Identity(ID, "", (endpoint,)), {}).in_text(text)

    wide = answer("172.31.0.2", 16, "172.31.0.0", "255.255.0.0", "0000FFFF")
    assert wide == answer("192.168.16.2", 20, "192.168.16.0", "255.255.240.0", "00F0FFFF")
    assert wide == (
        "inet <own address>/<length> via <network address>/<length> "
        "<network mask> eth0 0003 <network mask>\t0"
    )


def test_a_mask_that_is_written_down_stays_the_same_in_each_run() -> None:
    short = own_names(Identity(ID, "", (Endpoint("ci-slim-7-1a", "192.168.0.2", 20),)), {})
    wide = own_names(TARGET, {})
    for text in ("netmask 255.255.0.0", "netmask 255.255.255.0", "colour #00ffffff"):
        assert short.in_text(text) == wide.in_text(text)


def test_the_container_has_an_id_a_host_name_and_a_name() -> None:
    text = f"{ID} b09e1a9b529a quiet_hopper"
    assert own_names(TARGET, {}).in_text(text) == "<container id> <host name> <container name>"


def test_services_and_the_network_of_the_run_are_names() -> None:
    ours = Endpoint("ci-slim-7-1a", "172.18.0.3", 16, "172.18.0.1")
    mongo = Identity("a" * 64, "mongo", (Endpoint("ci-slim-7-1a", "172.18.0.2", 16),))
    found = own_names(Identity(ID, "", (ours,)), {"mongo": mongo})
    assert found.in_text("172.18.0.3 asks 172.18.0.2 in ci-slim-7-1a") == (
        "<own address> asks <address of mongo> in <network>"
    )


def test_a_network_of_the_machine_is_no_name_of_the_run() -> None:
    assert own_names(TARGET, {}).in_text("the bridge of localhost") == "the bridge of localhost"


def test_a_container_without_a_network_has_its_id_alone() -> None:
    inspected = {"Id": ID, "Name": "/x", "NetworkSettings": {"Networks": {"none": {
        "IPAddress": "", "IPPrefixLen": 0, "Gateway": "", "MacAddress": ""}}}}  # fmt: skip
    identity = identity_of(inspected)
    assert identity == Identity(ID, "x", (Endpoint("none"),))
    assert own_names(identity, {}).names.keys() == {ID, ID[:12], "x"}
