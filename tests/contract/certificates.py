"""A CA of the tests, and the certificates that it signs."""

import datetime
import ipaddress
import ssl
import tempfile
from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

SERVER, CLIENT = ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH


class Authority:
    """A CA with its key. `pem` is its certificate, which has no key usage, like many others. What
    it signs is valid for a day before and after `days` days from now."""

    def __init__(self, name: str = "authority", days: int = 0) -> None:
        self._name = name
        self._days = days
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.pem = self._certificate(name, self._key, x509.BasicConstraints(True, None))

    def server(self, address: str, *names: str) -> ssl.SSLContext:
        """The files for a server at this IP address, which is also its name."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.NamedTemporaryFile() as chain:
            chain.write(b"".join(self.signed(SERVER, [address], *names)))
            chain.flush()
            context.load_cert_chain(chain.name)
        return context

    def signed(
        self, usage: x509.ObjectIdentifier, addresses: Sequence[str], *names: str
    ) -> tuple[bytes, bytes]:
        """A certificate for these IP addresses and host names, and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        places: list[x509.GeneralName] = [x509.DNSName(name) for name in names]
        places += [x509.IPAddress(ipaddress.ip_address(each)) for each in addresses]
        certificate = self._certificate(
            "docker",
            key,
            x509.SubjectAlternativeName(places),
            x509.ExtendedKeyUsage([usage]),
        )
        secret = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return certificate, secret

    def _certificate(
        self, name: str, key: ec.EllipticCurvePrivateKey, *extensions: x509.ExtensionType
    ) -> bytes:
        now = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=self._days)
        builder = (
            x509.CertificateBuilder()
            .subject_name(_called(name))
            .issuer_name(_called(self._name))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), False
            )
        )
        for extension in extensions:
            builder = builder.add_extension(extension, isinstance(extension, x509.BasicConstraints))
        made = builder.sign(self._key, hashes.SHA256())
        return made.public_bytes(serialization.Encoding.PEM)


def _called(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
