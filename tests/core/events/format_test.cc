#include "core/events/format.h"

#include <gtest/gtest.h>

#include <functional>

namespace rackcast {
namespace {

Event dhcp(EventKind kind) {
  Event event;
  event.kind = kind;
  event.protocol = Protocol::kDhcp;
  event.mac = net::MacAddress{{0x12, 0x34, 0x56, 0x78, 0xAB, 0xCD}};
  event.address = net::IpAddress(net::Ipv4Address(192, 168, 1, 7));
  event.interface = "eth0";
  return event;
}

Event transfer(EventKind kind, Protocol protocol) {
  Event event;
  event.kind = kind;
  event.protocol = protocol;
  event.address = net::IpAddress(net::Ipv4Address(192, 168, 1, 7));
  event.path = "pxelinux.0";
  return event;
}

template <typename Change>
Event with(Event event, Change change) {
  change(event);
  return event;
}

struct Row {
  Event event;
  const char* line;
};

TEST(FormatEvent, HasTheShapesOfDhcpdAndTftpd) {
  using Kind = EventKind;
  const auto named = [](Event& e) { e.hostname = "station7"; };
  const auto relayed = [](Event& e) { e.relay = net::Ipv4Address(10, 0, 0, 1); };
  const auto detail = [](const char* text) { return [text](Event& e) { e.detail = text; }; };
  const auto sent_to_us = [](Event& e) {
    e.upload = true;
    e.bytes_done = 512;
    e.bytes_total = 1'024;
  };
  const Row rows[] = {
      {dhcp(Kind::kDhcpDiscover), "DHCPDISCOVER from 12:34:56:78:ab:cd via eth0"},
      {with(dhcp(Kind::kDhcpDiscover), named), "DHCPDISCOVER from 12:34:56:78:ab:cd (station7) via eth0"},
      {with(dhcp(Kind::kDhcpDiscover), relayed), "DHCPDISCOVER from 12:34:56:78:ab:cd via 10.0.0.1"},
      {with(dhcp(Kind::kDhcpDiscover), detail("network 192.168.1.0/24: no free leases")),
       "DHCPDISCOVER from 12:34:56:78:ab:cd via eth0: network 192.168.1.0/24: no free leases"},
      {with(dhcp(Kind::kDhcpDiscover), detail("unknown network segment")),
       "DHCPDISCOVER from 12:34:56:78:ab:cd via eth0: unknown network segment"},
      {with(dhcp(Kind::kDhcpOffer), named), "DHCPOFFER on 192.168.1.7 to 12:34:56:78:ab:cd (station7) via eth0"},
      {dhcp(Kind::kDhcpRequest), "DHCPREQUEST for 192.168.1.7 from 12:34:56:78:ab:cd via eth0"},
      {with(dhcp(Kind::kDhcpRequest), [](Event& e) { e.server = net::Ipv4Address(192, 168, 1, 110); }),
       "DHCPREQUEST for 192.168.1.7 (192.168.1.110) from 12:34:56:78:ab:cd via eth0"},
      {with(dhcp(Kind::kDhcpRequest), detail("wrong network.")),
       "DHCPREQUEST for 192.168.1.7 from 12:34:56:78:ab:cd via eth0: wrong network."},
      {with(dhcp(Kind::kDhcpRequest), detail("lease 192.168.1.7 unavailable.")),
       "DHCPREQUEST for 192.168.1.7 from 12:34:56:78:ab:cd via eth0: lease 192.168.1.7 unavailable."},
      {dhcp(Kind::kDhcpAck), "DHCPACK on 192.168.1.7 to 12:34:56:78:ab:cd via eth0"},
      {with(dhcp(Kind::kDhcpAck), named), "DHCPACK on 192.168.1.7 to 12:34:56:78:ab:cd (station7) via eth0"},
      {with(dhcp(Kind::kDhcpNak), named), "DHCPNAK on 192.168.1.7 to 12:34:56:78:ab:cd via eth0"},
      {dhcp(Kind::kDhcpDecline), "DHCPDECLINE of 192.168.1.7 from 12:34:56:78:ab:cd via eth0: abandoned"},
      {with(dhcp(Kind::kDhcpDecline), detail("not found")),
       "DHCPDECLINE of 192.168.1.7 from 12:34:56:78:ab:cd via eth0: not found"},
      {dhcp(Kind::kDhcpRelease), "DHCPRELEASE of 192.168.1.7 from 12:34:56:78:ab:cd via eth0 (found)"},
      {with(dhcp(Kind::kDhcpRelease), detail("not found")),
       "DHCPRELEASE of 192.168.1.7 from 12:34:56:78:ab:cd via eth0 (not found)"},
      {dhcp(Kind::kDhcpInform), "DHCPINFORM from 192.168.1.7 via eth0"},
      {with(dhcp(Kind::kDhcpInform), detail("not authoritative for subnet 192.168.1.0")),
       "DHCPINFORM from 192.168.1.7 via eth0: not authoritative for subnet 192.168.1.0"},
      {dhcp(Kind::kDhcpInformAck), "DHCPACK to 192.168.1.7 (12:34:56:78:ab:cd) via eth0"},
      {dhcp(Kind::kBootpRequest), "BOOTREQUEST from 12:34:56:78:ab:cd via eth0"},
      {dhcp(Kind::kBootpReply), "BOOTREPLY on 192.168.1.7 to 12:34:56:78:ab:cd via eth0"},
      {with(with(dhcp(Kind::kBootpReply), named), detail("static")),
       "BOOTREPLY for 192.168.1.7 to station7 (12:34:56:78:ab:cd) via eth0"},
      {with(dhcp(Kind::kBootpReply), detail("static")), "BOOTREPLY on 192.168.1.7 to 12:34:56:78:ab:cd via eth0"},

      {transfer(Kind::kTransferStarted, Protocol::kTftp), "RRQ from 192.168.1.7 filename pxelinux.0"},
      {transfer(Kind::kTransferStarted, Protocol::kHttp), "HTTP request from 192.168.1.7 for pxelinux.0"},
      {with(transfer(Kind::kTransferDone, Protocol::kTftp),
            [](Event& e) {
              e.bytes_done = e.bytes_total = 13'148;
              e.retransmits = 2;
            }),
       "TFTP sent pxelinux.0 to 192.168.1.7, 13148 bytes, 2 retransmits"},
      {with(transfer(Kind::kTransferFailed, Protocol::kTftp),
            [](Event& e) {
              e.bytes_done = 512;
              e.bytes_total = 13'148;
              e.detail = "no answer";
            }),
       "TFTP failed to send pxelinux.0 to 192.168.1.7, 512 of 13148 bytes: no answer"},
      {with(transfer(Kind::kTransferDone, Protocol::kFtp), [](Event& e) { e.bytes_done = 5; }),
       "FTP sent pxelinux.0 to 192.168.1.7, 5 bytes"},
      {with(transfer(Kind::kTransferProgress, Protocol::kHttp), [](Event& e) { e.bytes_done = 5; }),
       "HTTP sending pxelinux.0 to 192.168.1.7, 5 bytes"},
      {with(transfer(Kind::kTransferDone, Protocol::kHttp), [](Event& e) { e.path = ""; }),
       "HTTP sent / to 192.168.1.7, 0 bytes"},
      {with(transfer(Kind::kTransferStarted, Protocol::kTftp), sent_to_us), "WRQ from 192.168.1.7 filename pxelinux.0"},
      {with(transfer(Kind::kTransferProgress, Protocol::kTftp), sent_to_us),
       "TFTP receiving pxelinux.0 from 192.168.1.7, 512 of 1024 bytes"},
      {with(transfer(Kind::kTransferDone, Protocol::kTftp), sent_to_us),
       "TFTP received pxelinux.0 from 192.168.1.7, 512 of 1024 bytes"},
      {with(with(transfer(Kind::kTransferFailed, Protocol::kTftp), sent_to_us), detail("gone")),
       "TFTP failed to receive pxelinux.0 from 192.168.1.7, 512 of 1024 bytes: gone"},
      {transfer(Kind::kNotFound, Protocol::kTftp), "TFTP not found pxelinux.0 for 192.168.1.7"},
      {with(with(transfer(Kind::kRefused, Protocol::kTftp), detail("per_source_limit")),
            [](Event& e) { e.xinetd = true; }),
       "FAIL: tftp per_source_limit from=192.168.1.7"},
      {with(with(transfer(Kind::kRefused, Protocol::kFtp), detail("connections per second")),
            [](Event& e) { e.xinetd = true; }),
       "FAIL: ftp connections per second from=192.168.1.7"},
      {with(transfer(Kind::kRefused, Protocol::kTftp), detail("writing is not allowed")),
       "TFTP refused pxelinux.0 to 192.168.1.7: writing is not allowed"},
      {with(Event{}, detail("io_uring is forbidden here: using socket")), "io_uring is forbidden here: using socket"},
  };
  for (const Row& row : rows) EXPECT_EQ(format_event(row.event), row.line);
}

TEST(FormatEvent, NeverPrintsWhatAClientCouldInject) {
  Event event = dhcp(EventKind::kDhcpAck);
  event.hostname = "a\nDHCPACK on 1.2.3.4";
  EXPECT_EQ(format_event(event),
            "DHCPACK on 192.168.1.7 to 12:34:56:78:ab:cd (Hostname Unsuitable for Printing) via eth0");
  event.hostname.assign(std::string(65, 'x'));
  EXPECT_EQ(format_event(event),
            "DHCPACK on 192.168.1.7 to 12:34:56:78:ab:cd (Hostname Unsuitable for Printing) via eth0");
  event.hostname.assign(std::string(64, 'x'));
  EXPECT_NE(format_event(event).find(std::string(64, 'x')), std::string::npos);

  Event request = transfer(EventKind::kTransferStarted, Protocol::kTftp);
  request.path = "a\nb\x1b[2J\\\xff";
  EXPECT_EQ(format_event(request), "RRQ from 192.168.1.7 filename a\\x0ab\\x1b[2J\\x5c\\xff");

  // Any byte in any text, any kind: one printable line.
  for (int kind = 0; kind <= static_cast<int>(EventKind::kWarning); ++kind) {
    for (int byte = 0; byte < 256; ++byte) {
      Event any = dhcp(static_cast<EventKind>(kind));
      const std::string text(3, static_cast<char>(byte));
      any.hostname.assign(text);
      any.path.assign(text);
      any.detail.assign(text);
      any.interface.assign(text);
      for (const char c : format_event(any)) ASSERT_TRUE(c >= 0x20 && c < 0x7F) << kind << " " << byte;
    }
  }
}

TEST(FormatEvent, LevelsKeepNotFoundQuietAndTroubleLoud) {
  EXPECT_EQ(level_of(dhcp(EventKind::kDhcpAck)), LogLevel::kInfo);
  EXPECT_EQ(level_of(transfer(EventKind::kTransferStarted, Protocol::kTftp)), LogLevel::kInfo);
  EXPECT_EQ(level_of(transfer(EventKind::kTransferStarted, Protocol::kHttp)), LogLevel::kDebug);
  EXPECT_EQ(level_of(transfer(EventKind::kTransferDone, Protocol::kHttp)), LogLevel::kInfo);
  EXPECT_EQ(level_of(transfer(EventKind::kTransferProgress, Protocol::kTftp)), LogLevel::kTrace);
  EXPECT_EQ(level_of(transfer(EventKind::kNotFound, Protocol::kTftp)), LogLevel::kDebug);
  EXPECT_EQ(level_of(transfer(EventKind::kRefused, Protocol::kTftp)), LogLevel::kWarning);
  EXPECT_EQ(log_level("warning"), LogLevel::kWarning);
  EXPECT_EQ(log_level("trace"), LogLevel::kTrace);
}

}  // namespace
}  // namespace rackcast
