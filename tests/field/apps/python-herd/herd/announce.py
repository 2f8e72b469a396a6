import socket
import time

from zeroconf import ServiceBrowser, ServiceInfo, Zeroconf


class Heard:
    def add_service(self, zeroconf, kind, name):
        info = zeroconf.get_service_info(kind, name, 2000)
        print("heard", name, info.port if info else "?", info.decoded_properties if info else "", flush=True)

    def update_service(self, *_):
        pass

    remove_service = update_service


def announce(seconds):
    with Zeroconf(interfaces=["127.0.0.1"]) as zeroconf:
        info = ServiceInfo("_herd._tcp.local.", "Pasture._herd._tcp.local.", addresses=[socket.inet_aton("127.0.0.1")], port=8090, properties={"path": "/"}, server="pasture.local.")
        zeroconf.register_service(info)
        browser = ServiceBrowser(zeroconf, "_herd._tcp.local.", Heard())
        time.sleep(seconds)
        browser.cancel()
        zeroconf.unregister_service(info)
