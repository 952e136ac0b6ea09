#include "core/leases/source_counts.h"

#include <algorithm>

namespace rackcast {
namespace {

constexpr std::uint8_t kCircuitId = 1;  // RFC 3046 §2.0
constexpr std::uint8_t kRemoteId = 2;

// The first sub-option `code` of option 82; "" where there is none or the rest is cut short.
std::string_view sub_option(std::string_view relay_info, std::uint8_t code) {
  while (relay_info.size() >= 2) {
    const std::size_t size = static_cast<std::uint8_t>(relay_info[1]);
    if (size > relay_info.size() - 2) break;
    if (static_cast<std::uint8_t>(relay_info[0]) == code) return relay_info.substr(2, size);
    relay_info.remove_prefix(2 + size);
  }
  return {};
}

std::uint64_t hash_text(std::string_view text, std::uint64_t seed) {
  std::uint64_t mixed =
      net::hash(net::Endpoint{net::IpAddress(), net::UdpPort(static_cast<std::uint16_t>(text.size()))}, seed);
  while (!text.empty()) {
    net::MacAddress word;
    const std::size_t count = std::min(text.size(), word.octets.size());
    std::copy_n(text.begin(), count, word.octets.begin());
    mixed = net::hash(word, mixed);
    text.remove_prefix(count);
  }
  return mixed;
}

}  // namespace

std::optional<SourceTag> relay_tag(net::Ipv4Address relay, std::uint64_t seed) {
  if (relay.is_any()) return std::nullopt;
  return net::hash(net::IpAddress(relay), seed);
}

std::optional<SourceTag> port_tag(net::Ipv4Address relay, std::string_view relay_info, std::uint64_t seed) {
  const std::string_view circuit = sub_option(relay_info, kCircuitId);
  const std::string_view remote = sub_option(relay_info, kRemoteId);
  if (circuit.empty() && remote.empty()) return relay_tag(relay, ~seed);  // not the relay's own count
  const std::uint64_t owner = remote.empty() ? net::hash(net::IpAddress(relay), seed) : hash_text(remote, seed);
  return hash_text(circuit, owner);
}

void SourceCounts::grow(std::size_t sources) {
  sources_.grow(sources);
  index_.grow(sources);
}

std::uint32_t SourceCounts::find(SourceTag tag) const {
  return index_.find(tag, [&](std::uint32_t at) { return sources_[at].tag == tag; });
}

std::uint32_t SourceCounts::count(SourceTag tag) const {
  const std::uint32_t at = sources_.capacity() == 0 ? kNoSlot : find(tag);
  return at == kNoSlot ? 0 : sources_[at].count;
}

std::uint32_t SourceCounts::add(SourceTag tag) {
  std::uint32_t at = find(tag);
  if (at == kNoSlot) {
    if (free_ != 0) {
      at = free_ - 1;
      free_ = sources_[at].next_free;
    } else if (made_ < sources_.capacity()) {
      at = made_++;
    } else {
      return kNoSlot;
    }
    sources_[at] = {tag, 0, 0};
    index_.insert(tag, at);
  }
  ++sources_[at].count;
  return at;
}

void SourceCounts::remove(std::uint32_t at) {
  Source& source = sources_[at];
  if (--source.count > 0) return;
  index_.erase(source.tag, at);
  source.next_free = free_;
  free_ = at + 1;
}

}  // namespace rackcast
