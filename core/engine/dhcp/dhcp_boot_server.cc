// Boot information without an address: proxyDHCP offers beside another server, and boot servers' answers on port 4011
// (PXE 2.1 §2.2; protocols reference §1.7, §1.9).
//
// What a PXE client is told in the main dialogue.
//   authoritative, no [dhcp.pxe]   a plain offer with a boot file (see reply_builder.h)
//   a menu, or boot servers        60 "PXEClient", 43 with them
//   proxy, nothing to choose       60, and 43 that says "the boot file is given"
//   UEFI and nothing to choose     60, no 43 and no file: it asks on port 4011, and gets the file there. Many UEFI
//                                  implementations stumble over the other ways.
// iPXE knows what to do with a file that is given; it is shown a menu only where there is no file for it.
#include <algorithm>

#include "core/engine/dhcp/dhcp_engine.h"

namespace rackcast::engine {
namespace {

constexpr std::uint16_t kFirstUefiArchitecture = 6;

bool is_uefi(const Request& request) {
  return request.architecture >= kFirstUefiArchitecture && request.architecture != kArchitectureUnsaid;
}

// A menu of one item is none: UEFI is not shown it, and boots that item where it has no file of its own.
PxeFile file_of_only_item(const DhcpConfig& config) {
  if (!config.pxe || config.pxe->menu.size() != 1) return {};
  return file_of_item(*config.pxe, {config.pxe->menu.front().type, 0});
}

bool wants_boot_file(const Request& request) {
  return request.boots() || request.boot_class == dhcp4::BootClass::kHttp;
}

}  // namespace

void DhcpEngine::add_pxe(const Exchange& exchange, Reply& reply) const {
  const Request& request = exchange.request;
  const DhcpConfig& config = network_.dhcp();
  const bool proxy = config.mode == DhcpMode::kProxy;
  if (request.boot_class != dhcp4::BootClass::kPxe || (!proxy && !config.pxe)) return;
  // A reload brought [dhcp.pxe], and port 4011 is not open before a restart: nobody is sent there.
  if (!exchange.interface.boot_socket) return;
  if (reply.quirks.has(Quirk::kRaspberryPiText)) return;
  const std::size_t choices = config.pxe ? std::max(config.pxe->menu.size(), config.pxe->boot_servers.size()) : 0;
  const bool given = choices == 0 || (request.ipxe && !reply.file.empty());
  if (!proxy && request.ipxe && given) return;
  reply.vendor_class = dhcp4::kPxeClientClass;
  if (is_uefi(request) && !request.ipxe && choices <= 1) {
    reply.next_server = reply.source;
    reply.file = {};
    reply.via = BootVia::kNothing;
  } else if (given && proxy) {
    reply.pxe_options = boot_file_is_given();
  } else {
    reply.pxe_options = network_.pxe_options();
  }
}

std::optional<net::Ipv4Address> DhcpEngine::group_to_join() const {
  if (!network_.is_on() || !network_.dhcp().pxe) return std::nullopt;
  const auto group = network_.dhcp().pxe->discovery_group;
  return group == joined_ ? std::nullopt : group;
}

// Clients that look for boot servers by multicast send to it on port 4011. A group that a reload left out is listened
// to until the restart: nobody is told of it any more.
void DhcpEngine::join_group(const Now& now, Sink& sink) {
  const auto group = group_to_join();
  if (!group) return;
  joined_ = group;
  for (const DhcpInterface& interface : network_.interfaces()) {
    if (!interface.boot_socket || sink.join_group(*interface.boot_socket, *group, interface.index)) continue;
    ++stats_.groups_not_joined;
    FixedText<96> sentence("PXE's discovery group ");
    (void)sentence.append(group->text());
    (void)sentence.append(" cannot be joined on ");
    (void)sentence.append(interface.name);
    warn(now, *group, sentence, sink);
  }
}

// The client has its address from another server; what we say is what to boot.
void DhcpEngine::on_proxy_discover(Exchange& exchange) {
  const Request& request = exchange.request;
  if (!wants_boot_file(request)) return drop(DhcpDrop::kProxyOnly);
  std::optional<std::size_t> subnet;
  if (!exchange.link.empty()) subnet = exchange.link.subnets().front();
  evaluate(exchange, subnet, {});
  if (is_denied(exchange, EventKind::kDhcpDiscover, {})) return;
  Reply reply = make_reply(exchange, subnet, {});
  reply.type = dhcp4::MessageType::kOffer;
  reply.boot_only = true;
  const bool has_file = !reply.file.empty() || (is_uefi(request) && !file_of_only_item(network_.dhcp()).empty());
  add_pxe(exchange, reply);
  const bool http = request.boot_class == dhcp4::BootClass::kHttp;
  if (http ? reply.via != BootVia::kHttp : !has_file && reply.pxe_options.empty()) {
    report(exchange, EventKind::kDhcpDiscover, {}, "nothing to boot");
    return drop(DhcpDrop::kNoBootFile);
  }
  report(exchange, EventKind::kDhcpDiscover, {});
  if (prepare(exchange, reply, EventKind::kDhcpOffer, {}, &DhcpStats::proxy_offers)) answer(exchange);
}

// Not for us, and not answered. But a machine that boots tells the other server which address it takes, and so
// everybody whose files will go there: an address of this network, since anybody may say anything.
void DhcpEngine::on_proxy_request(Exchange& exchange) {
  const Request& request = exchange.request;
  const net::Ipv4Address address = request.subject();
  drop(DhcpDrop::kProxyOnly);
  if (request.kind != RequestKind::kSelecting) return;
  if (!wants_boot_file(request) && published_.find(request.mac) == nullptr) return;
  const auto& own = exchange.interface.addresses;
  const bool here = !request.header.is_relayed() && std::any_of(own.begin(), own.end(), [&](const OwnAddress& one) {
    return one.prefix.contains(address) && one.address != address;
  });
  if (!here && !network_.subnet_of(address, exchange.link)) return;
  report(exchange, EventKind::kDhcpRequest, address);
  Machine machine = machine_of(request);
  machine.address = address;
  machine.seen = exchange.now.wall;
  publish(machine, exchange.sink);
}

void DhcpEngine::on_boot_server(Exchange& exchange) {
  const Request& request = exchange.request;
  const DhcpConfig& config = network_.dhcp();
  if (config.mode != DhcpMode::kProxy && !config.pxe) return drop(DhcpDrop::kNoBootItem);
  const net::Ipv4Address address = request.client_address();
  auto subnet = network_.subnet_of(address, exchange.link);
  if (!subnet && !exchange.link.empty()) subnet = exchange.link.subnets().front();
  evaluate(exchange, subnet, address);
  if (is_denied(exchange, EventKind::kDhcpRequest, address)) return;
  report(exchange, EventKind::kDhcpRequest, address);
  Reply reply = make_reply(exchange, subnet, {});
  reply.type = dhcp4::MessageType::kAck;
  reply.boot_only = true;
  reply.ciaddr = request.header.ciaddr;
  if (request.boot_class == dhcp4::BootClass::kPxe) reply.vendor_class = dhcp4::kPxeClientClass;
  std::array<std::byte, kBootItemBytes> item{};
  PxeFile file;
  if (request.boot_item) {
    const PxeBootItem asked = *request.boot_item;
    if (config.pxe && !asked.wants_credentials()) file = file_of_item(*config.pxe, asked);
    if (file.empty()) return drop(DhcpDrop::kNoBootItem);
    reply.file = file;
    reply.via = BootVia::kTftp;
    reply.yiaddr = request.header.ciaddr;
    item = encode_boot_item(asked);
    reply.pxe_options = item;
  } else if (reply.file.empty() && is_uefi(request)) {
    file = file_of_only_item(config);
    reply.file = file;
    reply.via = BootVia::kTftp;
  }
  if (reply.file.empty()) return drop(DhcpDrop::kNoBootFile);
  if (prepare(exchange, reply, EventKind::kDhcpAck, address, &DhcpStats::boot_server_acks)) answer(exchange);
}

}  // namespace rackcast::engine
