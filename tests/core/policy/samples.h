// Rules as people write them: what every reading, printing and cutting test runs over.
#pragma once

#include <array>
#include <string_view>

namespace rackcast::testing {

inline constexpr std::array<std::string_view, 6> kRuleSamples{
    R"(
option space PXE;
option PXE.mtftp-ip code 1 = ip-address;
option PXE.mtftp-cport code 2 = unsigned integer 16;
option arch code 93 = unsigned integer 16; # RFC 4578
option space ipxe;
option ipxe-encap-opts code 175 = encapsulate ipxe;
option ipxe.no-pxedhcp code 176 = unsigned integer 8;
option ipxe.no-pxedhcp 1;
if exists user-class and option user-class = "iPXE" {
  filename "http://10.0.0.1/boot.ipxe";
} elsif option arch = 00:07 or option arch = 00:09 {
  filename "shimx64.efi";
} elsif option arch = 00:0b {
  filename "shimaa64.efi";
} else {
  filename "pxelinux.0";
}
next-server 10.0.0.1;
)",
    R"(
authoritative;
ddns-update-style none;
default-lease-time 600; max-lease-time 7200; min-lease-time infinite;
option subnet-mask 255.255.255.0; option routers 10.0.0.1, 10.0.0.2;
option domain-name "example.org"; option domain-search "example.org", "lab.example.org";
option domain-name-servers 10.0.0.1, boot.example.org;
option ntp-servers 10.0.0.5; option time-offset -3600; option ip-forwarding off;
option static-routes 10.1.0.0 10.0.0.254, 10.2.0.0 10.0.0.253;
option slp-directory-agent true 10.0.0.1, 10.0.0.2;
deny unknown-clients; allow bootp; ignore declines; not authoritative;
)",
    R"(
switch (extract-int (option pxe-system-type, 16)) {
  case 0: filename "pxelinux.0"; break;
  case 6:
  case 7: filename "grub.efi"; option vendor-class-identifier "PXEClient"; break;
  case 16: filename "http://10.0.0.1/a"; option vendor-class-identifier "HTTPClient";
  default: if known { break; } set seen = substring (hardware, 1, 6);
}
switch (option user-class) { case "a": add "pxe"; case "b\x00c": unset seen; }
)",
    R"(
option vendor-encapsulated-options 06:01:08:0a:04:00:50:58:45:ff;
option host-name = concat ("pc-", binary-to-ascii (16, 8, "-", substring (hardware, 1, 6)));
append domain-name ".lab"; prepend root-path "nfs:"; default merit-dump "x"; supersede tftp-server-name "t";
send bootfile-name = pick-first-value (option bootfile-name, suffix (ucase (filename), 4), null, "none");
set n = encode-int ((lease-time - 5) * 2, 32); set m = reverse (1, packet (28, 6)); set c = not known;
if (defined (n) and not (n = m)) or config-option domain-name ~= "^a[[:digit:]]*(b|c){1,3}$" { option unknown-222 01; }
)",
    R"(
option rows code 201 = array of { integer 8, ip-address }; option rows -1 10.0.0.1, 2 10.0.0.2;
option mixed code 202 = { boolean, unsigned integer 32, text }; option mixed true 7 "rest";
option names code 203 = domain-list; option names "a.example.org", "b.example.org";
option rapid-commit; option flag code 204 = zerolen; option flag;
option agent.circuit-id 00:01; option user-class "a;b#c\"d\\";
set kept = "x"; if kept = "x" { filename = kept; } elsif lcase (option agent.remote-id) ~~ "RACK" { server-name "y"; }
)",
    R"(
on commit { set who = option host-name; execute ("/x", who); log (info, "}"); }
log (debug, concat ("a", "b")); define f (a) { return a; } eval f ("x");
key k { algorithm hmac-md5; secret aGVsbG8=; }; zone example.org. { primary 127.0.0.1; key k; }
allow client-updates; omapi-port 7911; local-port 67; filename "last";
if client-state = booting or look-up (1) = "x" { filename "never"; }
)"};

}  // namespace rackcast::testing
