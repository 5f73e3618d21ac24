"""Links that lead where no link may lead: what each is called, the link, and why it is refused.

``LINKS`` are refused for what they say, ``NAMES`` for the addresses that their names have, ``REDIRECTS`` are where a
public page sends its reader.
"""

from dataclasses import dataclass
from typing import Final

PUBLIC: Final = "93.184.216.34"


@dataclass(frozen=True)
class HostileLink:
    """``reason`` is what the skip says."""

    name: str
    link: str
    reason: str


@dataclass(frozen=True)
class HostileName:
    """A name, and the addresses that a name server gives for it."""

    name: str
    addresses: tuple[str, ...]


@dataclass(frozen=True)
class HostileRedirect:
    """``by_browser`` is the reason where a browser follows by itself and stops, or is stopped, elsewhere."""

    name: str
    location: str
    reason: str
    by_browser: str | None = None


def _private(*links: tuple[str, str]) -> tuple[HostileLink, ...]:
    return tuple(HostileLink(name, link, "private_address") for name, link in links)


def _schemes(*links: str) -> tuple[HostileLink, ...]:
    return tuple(
        HostileLink(f"scheme {link.partition(':')[0]}", link, "scheme_not_allowed") for link in links
    )


def _ports(**ports: int) -> tuple[HostileLink, ...]:
    return tuple(
        HostileLink(f"port of {name}", f"http://example.com:{port}/", "port_not_allowed")
        for name, port in ports.items()
    )


LINKS: Final = (
    *_private(
        ("loopback", "http://127.0.0.1/"),
        ("loopback with a dot at its end", "http://127.0.0.1./"),
        ("loopback, another of it", "http://127.255.255.254/"),
        ("loopback in two parts", "http://127.1/"),
        ("loopback in three parts", "http://127.0.1/"),
        ("loopback as a number", "http://2130706433/"),
        ("loopback in hexadecimal", "http://0x7f000001/"),
        ("loopback in hexadecimal parts", "http://0x7f.0x0.0x0.0x1/"),
        ("loopback in hexadecimal and decimal", "http://0x7f.0.0.1/"),
        ("loopback in octal", "http://017700000001/"),
        ("loopback with dots of another script", "http://127\u30020\u30020\u30021/"),
        ("loopback in six", "http://[::1]/"),
        ("loopback in six, written out", "http://[0:0:0:0:0:0:0:1]/"),
        ("loopback mapped", "http://[::ffff:127.0.0.1]/"),
        ("loopback mapped, in hexadecimal", "http://[::ffff:7f00:1]/"),
        ("loopback in the old way of compatible addresses", "http://[::127.0.0.1]/"),
        ("loopback behind NAT64", "http://[64:ff9b::7f00:1]/"),
        ("loopback behind NAT64 of one's own", "http://[64:ff9b:1::7f00:1]/"),
        ("loopback through 6to4", "http://[2002:7f00:1::]/"),
        ("loopback through Teredo", "http://[2001:0:7f00:1::]/"),
        ("loopback through ISATAP", "http://[2a00:1450::5efe:7f00:1]/"),
        ("nothing", "http://0/"),
        ("nothing, written out", "http://0.0.0.0/"),
        ("nothing in hexadecimal", "http://0x0/"),
        ("nothing in six", "http://[::]/"),
        ("private of ten", "http://10.0.0.1/"),
        ("private of ten, mapped", "http://[::ffff:10.0.0.1]/"),
        ("private of 172", "http://172.16.0.1/"),
        ("private of 192", "http://192.168.0.1/"),
        ("private as a number", "http://3232235521/"),
        ("carrier's own", "http://100.64.0.1/"),
        ("metadata of a cloud", "http://169.254.169.254/latest/meta-data/"),
        ("metadata as a number", "http://2852039166/"),
        ("metadata in octal", "http://025177524776/"),
        ("metadata behind NAT64", "http://[64:ff9b::a9fe:a9fe]/"),
        ("metadata in six", "http://[fd00:ec2::254]/"),
        ("metadata of another cloud", "http://100.100.100.200/"),
        ("link local in six", "http://[fe80::1]/"),
        ("link local in six with a zone", "http://[fe80::1%25eth0]/"),
        ("site local in six", "http://[fec0::1]/"),
        ("multicast", "http://224.0.0.1/"),
        ("multicast in six", "http://[ff02::1]/"),
        ("broadcast", "http://255.255.255.255/"),
        ("kept for later", "http://240.0.0.1/"),
        ("documentation", "http://203.0.113.9/"),
        ("documentation in six", "http://[2001:db8::1]/"),
        ("public, but mapped", "http://[::ffff:8.8.8.8]/"),
        ("localhost", "http://localhost/"),
        ("localhost in capitals with a dot", "http://LOCALHOST./"),
        ("localhost of something", "http://a.localhost/"),
        ("name without a dot", "http://redis/"),
        ("name of a cloud's metadata", "http://metadata.google.internal/"),
        ("name of the host of a container", "http://host.docker.internal/"),
        ("name of a printer", "http://printer.local/"),
        ("name of a home", "http://router.home.arpa/"),
    ),
    *_schemes(
        "file:///etc/passwd", "gopher://example.com/_INFO", "ftp://example.com/", "dict://example.com:6379/info",
        "ldap://example.com/", "tftp://example.com/x", "sftp://example.com/", "jar:http://example.com!/x",
        "javascript:alert(1)", "data:text/html,hello", "ws://example.com/", "view-source:http://127.0.0.1/",
        "blob:http://127.0.0.1/x", "redis://example.com:6379/", "raw:<p>hello</p>",
    ),
    *_ports(
        temporal=7233, temporal_ui=8233, redis=6379, qdrant=6333, qdrant_grpc=6334, postgres=5432, neo4j=7687,
        neo4j_http=7474, our_own=8480, crawl4ai=11235, docker=2375, etcd=2379, kubelet=10250, objects=9000, nothing=0,
    ),
    HostileLink("port beyond the last", "http://example.com:99999/", "port_not_allowed"),
    HostileLink("port with TLS", "https://example.com:6333/", "port_not_allowed"),
    HostileLink("user and password", "http://user:secret@example.com/", "userinfo_not_allowed"),
    HostileLink("user who looks like a host", "http://example.com@127.0.0.1/", "userinfo_not_allowed"),
    HostileLink("user and password who look like one", "http://example.com:80@127.0.0.1/", "userinfo_not_allowed"),
    HostileLink("user without a name", "http://@example.com/", "userinfo_not_allowed"),
    HostileLink("user behind a back slash", "http://good.example\\@127.0.0.1/", "bad_url"),
    HostileLink("back slashes", "http:\\\\127.0.0.1\\", "bad_url"),
    HostileLink("one slash", "http:/127.0.0.1/", "bad_url"),
    HostileLink("no slash", "http:example.com", "bad_url"),
    HostileLink("three slashes", "http:///etc/passwd", "bad_url"),
    HostileLink("nothing at all", "", "bad_url"),
    HostileLink("no host", "http://", "bad_url"),
    HostileLink("no host but a port", "http://:6379/", "bad_url"),
    HostileLink("tabulator", "http://good.example\t.evil/", "bad_url"),
    HostileLink("line that ends in the host", "http://good.example\r\nHost: evil/", "bad_url"),
    HostileLink("space", "http://exa mple.com/", "bad_url"),
    HostileLink("end of string in the host", "http://127.0.0.1%00.example/", "bad_url"),
    HostileLink("port that is a word", "http://example.com:port/", "bad_url"),
    HostileLink("two ports", "http://example.com:80:6379/", "bad_url"),
    HostileLink("bracket that stays open", "http://[::1/", "bad_url"),
    HostileLink("address in percents", "http://%31%32%37.0.0.1.example/", "bad_url"),
    HostileLink("loopback in wide digits", "http://１２７.０.０.１/", "bad_url"),
    HostileLink("loopback in circled digits", "http://①②⑦.⓪.⓪.①/", "bad_url"),
    HostileLink("octal that is none", "http://0177.0.0.1/", "bad_url"),
    HostileLink("number that is no address", "http://999.999.999.999/", "bad_url"),
    HostileLink("label that begins with a dash", "http://-bad.example/", "bad_url"),
    HostileLink("label of nothing", "http://a..example/", "bad_url"),
    HostileLink("punycode of nothing", "http://xn--/", "bad_url"),
    HostileLink("label that is too long", f"http://{'a' * 64}.example/", "bad_url"),
    HostileLink("link that is too long", f"http://example.com/{'a' * 3000}", "bad_url"),
    HostileLink("address, though public", "http://8.8.8.8/", "host_denied"),
    HostileLink("address, though public, as a number", "http://134744072/", "host_denied"),
    HostileLink("address, though public, in six", "http://[2606:4700::1111]/", "host_denied"),
    HostileLink("denied host", "http://bad.example/", "host_denied"),
    HostileLink("denied host in capitals, with a dot, below", "http://www.BAD.example./", "host_denied"),
    HostileLink("denied host in another script", "http://плохой.example/", "host_denied"),
    HostileLink("denied host in punycode", "http://xn--i1adjac2b.example/", "host_denied"),
)  # fmt: skip

NAMES: Final = (
    HostileName("loopback", ("127.0.0.1",)),
    HostileName("nothing", ("0.0.0.0",)),
    HostileName("private", ("10.0.0.1",)),
    HostileName("carrier's own", ("100.64.0.1",)),
    HostileName("metadata", ("169.254.169.254",)),
    HostileName("loopback in six", ("::1",)),
    HostileName("mapped", ("::ffff:10.0.0.1",)),
    HostileName("behind NAT64", ("64:ff9b::7f00:1",)),
    HostileName("through 6to4", ("2002:7f00:1::",)),
    HostileName("link local with a zone", ("fe80::1%1",)),
    HostileName("unique local", ("fd00::1",)),
    HostileName("public and private", (PUBLIC, "192.168.0.1")),
    HostileName("public in four and loopback in six", (PUBLIC, "::1")),
)

REDIRECTS: Final = (
    HostileRedirect("loopback", "http://127.0.0.1/", "private_address"),
    HostileRedirect("metadata", "http://169.254.169.254/latest/", "private_address"),
    HostileRedirect("loopback as a number", "http://2130706433/", "private_address"),
    HostileRedirect("loopback in six, without a scheme", "//[::1]/", "private_address"),
    HostileRedirect("localhost with a port", "http://localhost:80/", "private_address"),
    HostileRedirect("name of a private address", "http://inside.example/", "private_address"),
    HostileRedirect(
        "name of a private address, with TLS", "https://inside.example/", "private_address", "connection"
    ),
    HostileRedirect("file", "file:///etc/passwd", "scheme_not_allowed"),
    HostileRedirect("gopher", "gopher://example.com/_", "scheme_not_allowed"),
    HostileRedirect("user and password", "http://user:secret@example.com/", "userinfo_not_allowed"),
    HostileRedirect("port of redis", "http://inside.example:6379/", "port_not_allowed"),
    HostileRedirect("denied host", "http://bad.example/", "host_denied"),
    HostileRedirect("no link", "http://[::1", "bad_url", "connection"),
)
