// Any bytes as a DHCP message: nothing is read out of bounds, every getter answers, and what the reader understood
// survives being written and read again. A breach of those invariants traps.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "proto/dhcp/message.h"
#include "proto/dhcp/message_writer.h"
#include "proto/dhcp/options.h"

namespace {

using namespace rackcast::dhcp4;

constexpr std::size_t kScratchSize = 2048;
constexpr std::size_t kInputSizeMax = 2048;
constexpr std::size_t kOutSize = 8192;  // room for everything an input can hold, split anew

void require(bool invariant) {
  if (!invariant) std::abort();
}

std::size_t touch(std::span<const std::byte> octets) {
  std::size_t sum = octets.size();
  for (const std::byte b : octets) sum += std::to_integer<std::size_t>(b);
  return sum;
}

std::size_t touch(std::string_view text) {
  return touch(std::as_bytes(std::span(text)));
}

std::size_t touch_lists(const Options& options) {
  std::size_t sum = 0;
  const AddressListView routers = options.address_list(OptionCode::kRouters);
  for (std::size_t i = 0; i <= routers.size(); ++i) sum += routers[i].value();
  const ArchList archs = options.client_archs();
  for (std::size_t i = 0; i <= archs.size(); ++i) sum += arch_name(archs[i].value_or(ClientArch::kBios)).size();
  UserClasses classes = options.user_classes();
  for (std::size_t steps = 0; const auto item = classes.next(); ++steps) {
    require(steps < kInputSizeMax);
    sum += touch(*item);
  }
  return sum;
}

std::size_t touch_everything(const Message& message, const Options& options) {
  std::size_t sum = touch(message.file_text()) + touch(message.sname_text());
  sum += static_cast<std::size_t>(validate(message.header, Op::kRequest));
  sum += message.header.hardware_address().size() + (message.header.mac() ? 1U : 0U);
  sum += static_cast<std::size_t>(options.message_type().value_or(MessageType::kInform));
  sum += options.requested_address().value_or(rackcast::net::Ipv4Address()).value();
  sum += options.server_identifier().value_or(rackcast::net::Ipv4Address()).value();
  sum += touch(options.parameter_request_list()) + touch(options.client_identifier()) + touch(options.host_name());
  sum += static_cast<std::size_t>(options.max_message_size().value_or(0)) +
         options.u32(OptionCode::kLeaseTime).value_or(0);
  sum += static_cast<std::size_t>(options.vendor_class().undi_version.value_or(0));
  sum += static_cast<std::size_t>(options.client_arch().value_or(ClientArch::kBios));
  if (const auto ndi = options.client_ndi()) sum += ndi->minor;
  if (const auto id = options.machine_id()) sum += id->text().size() + (id->is_unset() ? 1U : 0U);
  if (const auto relay = options.relay_agent()) {
    sum += relay->address(RelaySubOption::kLinkSelection).value_or(rackcast::net::Ipv4Address()).value();
    sum += touch(relay->raw);
  }
  if (const auto ipxe = options.ipxe()) {
    sum += ipxe->has(IpxeFeature::kHttp) ? 1U : 0U;
    if (const auto version = ipxe->version()) sum += version->major;
  }
  return sum + touch_lists(options);
}

bool is_writable(int code) {
  return code != 0 && code != 255 && code != static_cast<int>(OptionCode::kOverload);
}

void require_same(const Options& a, const Options& b) {
  for (int c = 0; c < 256; ++c) {
    if (!is_writable(c)) continue;
    const auto code = static_cast<OptionCode>(c);
    const auto left = a.get(code);
    const auto right = b.get(code);
    require(left.has_value() == right.has_value());
    require(!left || std::equal(left->begin(), left->end(), right->begin(), right->end()));
  }
}

void round_trip(const Message& message, const Options& options) {
  std::array<std::byte, kOutSize> out{};
  MessageWriter writer(out, message.header, {.size_bytes_max = out.size()});
  for (int c = 0; c < 256; ++c) {
    const auto value = options.get(static_cast<OptionCode>(c));
    if (value && is_writable(c)) require(writer.put(static_cast<OptionCode>(c), *value));
  }
  const auto datagram = writer.finish();
  require(datagram.size() >= kMessageSizeMin);
  const auto again = parse_message(datagram);
  require(again && again->header == message.header && again->has_cookie);
  std::array<std::byte, kScratchSize> scratch{};
  const Options reread(*again, scratch);
  require(!reread.faults().overran && !reread.faults().missing_end && !reread.faults().contradiction);
  require_same(options, reread);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > kInputSizeMax) return 0;
  const auto message = parse_message(std::as_bytes(std::span(data, size)));
  require(message.has_value() == (size >= kVendorOffset));
  if (!message) return 0;
  std::array<std::byte, kScratchSize> scratch{};
  const Options options(*message, scratch);
  require(!options.faults().scratch_full);  // a scratch of the message's size suffices, the header promises
  (void)touch_everything(*message, options);
  round_trip(*message, options);

  const Options starved(*message, std::span(scratch).first(0));
  (void)touch_everything(*message, starved);
  return 0;
}
