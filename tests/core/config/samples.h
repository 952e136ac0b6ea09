// Configurations that several tests share.
#pragma once

#include <string_view>

namespace rackcast::samples {

// Everything that is built, each key away from its default.
inline constexpr std::string_view kFull = R"([server]
interfaces = ["eth0", "eth1"]
io = "socket"
cores = [2, 3]
stream_cores = [4]
user = "boot"
state_dir = "/srv/state"

[dhcp]
mode = "authoritative"
lease_store = "sqlite"
conflict_probe = "off"
machine_key = "uuid"
leases_per_port = 64
leases_per_relay = 4096
import_leases = "/var/lib/dhcp/dhcpd.leases"
options = { ntp-servers = ["192.168.1.4", "192.168.1.5"], ipxe.no-pxedhcp = 1, user-class = "x" }
rules = '''
if option architecture = 00:07 { filename "shimx64.efi"; }
max-lease-time 7200;
'''

[[dhcp.option_space]]
name = "ipxe"
code_bytes = 1
length_bytes = 1
[[dhcp.option]]
name = "ipxe-encap-opts"
code = 175
type = "encapsulate ipxe"
[[dhcp.option]]
name = "ipxe.no-pxedhcp"
code = 176
type = "unsigned integer 8"
[[dhcp.option]]
name = "architecture"
code = 93
type = "unsigned integer 16"

[[dhcp.class]]
name = "pxe"
match_if = 'substring(option vendor-class-identifier, 0, 9) = "PXEClient"'
options = { vendor-class-identifier = "PXEClient" }
[[dhcp.class]]
name = "listed"
match = "hardware"
spawn = "option agent.circuit-id"
lease_limit = 4
members = ["01:12:34:56:78:ab:cd", "text", "0x07"]
rules = "filename \"listed.0\";"
[[dhcp.class.member]]
value = "01:12:34:56:78:ab:ce"
options = { host-name = "second" }
lease_limit = 2
rules = "default-lease-time 600;"

[[dhcp.network]]
name = "building-7"
options = { domain-name = "b7.a.com" }

[[dhcp.subnet]]
subnet = "192.168.1.0/24"
range = ["192.168.1.2-192.168.1.99", "192.168.1.150"]
bootp = true
routers = ["192.168.1.254"]
dns = ["222.88.88.88", "192.168.1.254"]
domain = "a.com"
next_server = "192.168.1.110"
lease_seconds = { default = 21600, max = 43200 }
hostname = "station{{last_octet}}.a.com"
network = "building-7"
options = { time-offset = -18000 }
rules = "next-server 192.168.1.9;"
[[dhcp.subnet.pool]]
range = ["192.168.1.200-192.168.1.220"]
bootp = true
allow = ["known-clients", "members of listed", "dynamic-bootp-clients"]
deny = ["unknown-clients", "all-clients"]
options = { domain-name = "pool.a.com" }
rules = "max-lease-time 600;"

[[dhcp.subnet]]
subnet = "10.0.0.0/8"

[dhcp.boot]
bios = "pxelinux.0"
efi32 = "ipxe32.efi"
efi64 = "ipxe.efi"
arm32 = "arm32.efi"
arm64 = "arm64.efi"
default = "undionly.kpxe"
ipxe = { efi64 = "http://{{server}}/boot.ipxe", bios = "boot.ipxe" }
http = "http://{{server}}/ipxe.efi"

[dhcp.pxe]
discovery_control = 3
discovery_group = "239.255.77.2"
prompt_seconds = 10
prompt = "Press F8"
credential_types = [1, 2147483650]
[[dhcp.pxe.boot_server]]
type = 32768
addresses = ["192.168.1.110"]
[[dhcp.pxe.menu]]
type = 0
text = "Local disk"
[[dhcp.pxe.menu]]
type = 32768
text = "Install"
file = "pxelinux.0"
[dhcp.pxe.mtftp]
group = "239.255.1.1"
client_port = 3001
server_port = 1759
listen_seconds = 2
delay_seconds = 3
network_order = true
[dhcp.pxe.multicast]
base = "239.255.2.1"
block = 2
range = 16

[[dhcp.host]]
name = "ns"
mac = "12:34:56:78:AB:CD"
address = "192.168.1.10"
more_addresses = ["10.0.0.10"]
next_server = "192.168.1.111"
filename = "special.0"
hostname = "ns.a.com"
options = { root-path = "/nfs/ns" }
rules = "always-broadcast true;"

[[dhcp.host]]
name = "known"
mac = "12-34-56-78-ab-ce"
[[dhcp.host]]
name = "by-everything"
client_id = "00:64:69:73:6b"
uuid = "00112233-4455-6677-8899-aabbccddeeff"
circuit_id = "sw1/24"
remote_id = "0x0006"
identifier = { option = "host-name", value = "ns" }

[tftp]
listen = ["0.0.0.0:6969", "[::]:6969"]
root = "/tftpboot"
instances = 60
per_source = 11
cps = [100, 2]
only_from = ["192.168.1.0/24", "fd00::/8"]
no_access = ["192.168.1.13"]
access_times = ["7:00-12:00", "13:00-19:30"]
log_on_failure = false
admission = "xinetd"
max_windowsize = 16
max_blksize = 1468
single_port = false
ports = "52000-52999"
map_file = "/etc/tftpd.map"
refused_options = ["blksize", "tsize"]
retransmit_us = 500000
unique_root = "mac"
clamp_to_mtu = true
transfers_max = 100000
cache_bytes = 1073741824
upload_dir = "/srv/dropped"
upload_bytes_max = 1000000
upload_total_bytes_max = 20000000
upload_rate_mbit = 10
[[tftp.network]]
network = "192.168.7.0/24"
rate_mbit = 500
[[tftp.class]]
name = "old firmware"
architecture = "efi64"
vendor_class = "PXEClient"
network = "192.168.7.0/24"
max_blksize = 1024
max_windowsize = 4
rollover = 1

[http]
listen = ["192.168.1.110:8080"]
root = "/var/www"
instances = 1000

[ftp]
listen = ["192.168.1.110:2121"]
root = "/var/ftp"
passive_ports = "50000-50999"

[board]
listen = "127.0.0.1:9000"

[log]
level = "debug"
syslog = true
)";

}  // namespace rackcast::samples
