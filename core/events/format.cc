#include "core/events/format.h"

#include <algorithm>
#include <array>

#include "proto/bytes/ascii.h"

namespace rackcast {
namespace {

bool is_printable(char c) {
  return c >= 0x20 && c < 0x7F;
}

// " (HOST)" when known.
std::string host_suffix(const Event& event) {
  if (event.hostname.empty()) return "";
  const std::string_view name = event.hostname;
  // dhcpd's own words for a name it does not want in a log.
  if (event.hostname.cut() || !std::all_of(name.begin(), name.end(), is_printable))
    return " (Hostname Unsuitable for Printing)";
  return " (" + std::string(name) + ")";
}

std::string ip(const Event& event) {
  return std::string(event.address.text().view());
}
std::string mac(const Event& event) {
  return std::string(event.mac.text().view());
}

// " via eth0", or the relay's address.
std::string via(const Event& event) {
  if (!event.relay.is_any()) return " via " + std::string(event.relay.text().view());
  return " via " + printable(event.interface);
}

std::string from(const Event& event) {
  return " from " + mac(event) + host_suffix(event) + via(event);
}

// ": no free leases"
std::string reason(const Event& event) {
  return event.detail.empty() ? "" : ": " + printable(event.detail);
}

std::string request_line(const Event& event) {
  std::string line = "DHCPREQUEST for " + ip(event);
  if (!event.server.is_any()) line += " (" + std::string(event.server.text().view()) + ")";
  return line + from(event) + reason(event);
}

// dhcpd names a reservation by its host ("for IP to HOST (MAC)"), a pool address by the MAC alone.
std::string bootp_reply_line(const Event& event) {
  if (event.detail.view() == "static" && !event.hostname.empty()) {
    std::string host = host_suffix(event);
    host = host.substr(2, host.size() - 3);
    return "BOOTREPLY for " + ip(event) + " to " + host + " (" + mac(event) + ")" + via(event);
  }
  return "BOOTREPLY on " + ip(event) + " to " + mac(event) + via(event);
}

std::string dhcp_line(const Event& event) {
  switch (event.kind) {
    case EventKind::kDhcpDiscover:
      return "DHCPDISCOVER" + from(event) + reason(event);
    case EventKind::kDhcpOffer:
      return "DHCPOFFER on " + ip(event) + " to " + mac(event) + host_suffix(event) + via(event);
    case EventKind::kDhcpRequest:
      return request_line(event);
    case EventKind::kDhcpAck:
      return "DHCPACK on " + ip(event) + " to " + mac(event) + host_suffix(event) + via(event);
    case EventKind::kDhcpNak:
      return "DHCPNAK on " + ip(event) + " to " + mac(event) + via(event);
    case EventKind::kDhcpDecline:
      return "DHCPDECLINE of " + ip(event) + from(event) + (event.detail.empty() ? ": abandoned" : reason(event));
    case EventKind::kDhcpRelease:
      return "DHCPRELEASE of " + ip(event) + from(event) + " (" +
             (event.detail.empty() ? "found" : printable(event.detail)) + ")";
    case EventKind::kDhcpInform:
      return "DHCPINFORM from " + ip(event) + via(event) + reason(event);
    case EventKind::kDhcpInformAck:
      return "DHCPACK to " + ip(event) + " (" + mac(event) + ")" + via(event);
    case EventKind::kBootpRequest:
      return "BOOTREQUEST from " + mac(event) + via(event) + reason(event);
    default:
      return bootp_reply_line(event);
  }
}

std::string amount(const Event& event) {
  std::string text = std::to_string(event.bytes_done);
  if (event.bytes_total > 0 && event.bytes_total != event.bytes_done)
    text += " of " + std::to_string(event.bytes_total);
  return text + " bytes";
}

std::string retransmits(const Event& event) {
  return event.retransmits == 0 ? "" : ", " + std::to_string(event.retransmits) + " retransmits";
}

// As /etc/xinetd.d has it: "tftp".
std::string service_name(Protocol protocol) {
  std::string name(protocol_label(protocol));
  std::transform(name.begin(), name.end(), name.begin(), bytes::to_lower);
  return name;
}

std::string transfer_line(const Event& event) {
  const std::string name(protocol_label(event.protocol));
  const std::string path = event.path.empty() ? "/" : printable(event.path);
  const std::string peer = ip(event);
  switch (event.kind) {
    case EventKind::kTransferStarted:
      if (event.upload) return "WRQ from " + peer + " filename " + path;
      if (event.protocol == Protocol::kTftp) return "RRQ from " + peer + " filename " + path;
      return name + " request from " + peer + " for " + path;
    case EventKind::kTransferProgress:
      if (event.upload) return name + " receiving " + path + " from " + peer + ", " + amount(event);
      return name + " sending " + path + " to " + peer + ", " + amount(event) + retransmits(event);
    case EventKind::kTransferDone:
      if (event.upload) return name + " received " + path + " from " + peer + ", " + amount(event);
      return name + " sent " + path + " to " + peer + ", " + amount(event) + retransmits(event);
    case EventKind::kTransferFailed:
      if (event.upload)
        return name + " failed to receive " + path + " from " + peer + ", " + amount(event) + reason(event);
      return name + " failed to send " + path + " to " + peer + ", " + amount(event) + retransmits(event) +
             reason(event);
    case EventKind::kNotFound:
      return name + " not found " + path + " for " + peer + reason(event);
    default:
      if (event.xinetd)
        return "FAIL: " + service_name(event.protocol) + " " + printable(event.detail) + " from=" + peer;
      return name + " refused " + path + " to " + peer + reason(event);
  }
}

}  // namespace

LogLevel log_level(std::string_view name) {
  constexpr std::array<std::string_view, 5> kNames{"trace", "debug", "info", "warning", "error"};
  const auto* const found = std::find(kNames.begin(), kNames.end(), name);
  return found == kNames.end() ? LogLevel::kInfo : static_cast<LogLevel>(found - kNames.begin());
}

LogLevel level_of(const Event& event) {
  switch (event.kind) {
    case EventKind::kTransferStarted:  // TFTP has in.tftpd's line; HTTP and FTP have one a transfer, at its end
      return event.protocol == Protocol::kTftp ? LogLevel::kInfo : LogLevel::kDebug;
    case EventKind::kTransferProgress:
      return LogLevel::kTrace;
    case EventKind::kNotFound:  // boot loaders ask for a dozen names that are not there, each time
      return LogLevel::kDebug;
    case EventKind::kRefused:
    case EventKind::kWarning:
      return LogLevel::kWarning;
    default:
      return LogLevel::kInfo;
  }
}

std::string format_event(const Event& event) {
  switch (event.kind) {
    case EventKind::kNotice:
    case EventKind::kWarning:
      return printable(event.detail);
    case EventKind::kTransferStarted:
    case EventKind::kTransferProgress:
    case EventKind::kTransferDone:
    case EventKind::kTransferFailed:
    case EventKind::kNotFound:
    case EventKind::kRefused:
      return transfer_line(event);
    default:
      return dhcp_line(event);
  }
}

std::string_view kind_label(EventKind kind) {
  switch (kind) {
    case EventKind::kDhcpDiscover:
      return "DHCPDISCOVER";
    case EventKind::kDhcpOffer:
      return "DHCPOFFER";
    case EventKind::kDhcpRequest:
      return "DHCPREQUEST";
    case EventKind::kDhcpAck:
    case EventKind::kDhcpInformAck:
      return "DHCPACK";
    case EventKind::kDhcpNak:
      return "DHCPNAK";
    case EventKind::kDhcpDecline:
      return "DHCPDECLINE";
    case EventKind::kDhcpRelease:
      return "DHCPRELEASE";
    case EventKind::kDhcpInform:
      return "DHCPINFORM";
    case EventKind::kBootpRequest:
      return "BOOTREQUEST";
    case EventKind::kBootpReply:
      return "BOOTREPLY";
    case EventKind::kTransferStarted:
      return "transfer started";
    case EventKind::kTransferProgress:
      return "transfer progress";
    case EventKind::kTransferDone:
      return "transfer done";
    case EventKind::kTransferFailed:
      return "transfer failed";
    case EventKind::kNotFound:
      return "not found";
    case EventKind::kRefused:
      return "refused";
    case EventKind::kNotice:
      return "notice";
    case EventKind::kWarning:
      return "warning";
  }
  return "event";
}

std::string_view protocol_label(Protocol protocol) {
  switch (protocol) {
    case Protocol::kDhcp:
      return "DHCP";
    case Protocol::kTftp:
      return "TFTP";
    case Protocol::kHttp:
      return "HTTP";
    case Protocol::kFtp:
      return "FTP";
    case Protocol::kServer:
      return "server";
  }
  return "server";
}

std::string printable(std::string_view bytes) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size());
  for (const char c : bytes) {
    if (is_printable(c) && c != '\\') {
      text += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    text += "\\x";
    text += kHex[byte >> 4U];
    text += kHex[byte & 0xFU];
  }
  return text;
}

}  // namespace rackcast
