#include <variant>

#include "proto/dhcp/message.h"
#include "proto/dhcp/options.h"
#include "proto/tftp/packet.h"
#include "tools/sim/replay/comparison.h"

namespace rackcast::sim {

namespace {

// What strangers send must not reach a terminal raw.
std::string printable(std::string_view text) {
  std::string clean;
  for (const char c : text) clean += c >= ' ' && c <= '~' ? c : '.';
  return clean;
}

struct TftpWords {
  std::string operator()(const tftp::Request& request) const { return "request of " + printable(request.filename); }
  std::string operator()(const tftp::Data& data) const {
    return "DATA " + std::to_string(data.block.value()) + ", " + std::to_string(data.payload.size()) + " bytes";
  }
  std::string operator()(const tftp::Ack& ack) const { return "ACK " + std::to_string(ack.block.value()); }
  std::string operator()(const tftp::ErrorReport& error) const {
    return "ERROR " + std::to_string(static_cast<unsigned>(error.code)) + " \"" + printable(error.text) + "\"";
  }
  std::string operator()(const tftp::OptionAck& oack) const {
    std::string text = "OACK";
    const auto add = [&](const char* name, const std::optional<std::uint64_t>& value) {
      if (value) text += std::string(" ") + name + "=" + std::to_string(*value);
    };
    add("blksize", oack.options.blksize);
    add("tsize", oack.options.tsize);
    add("timeout", oack.options.timeout);
    add("windowsize", oack.options.windowsize);
    return text;
  }
  std::string operator()(const tftp::Rejected& rejected) const {
    return "no TFTP packet: " + std::string(tftp::text(rejected.reason));
  }
};

std::string dhcp_words(std::span<const std::byte> payload) {
  const auto message = dhcp4::parse_message(payload);
  if (!message) return "no DHCP message";
  const auto type = dhcp4::Options(*message, {}).message_type();
  std::string text = type ? std::string(dhcp4::message_type_name(*type)) : "BOOTP reply";
  if (!message->header.yiaddr.is_any()) text += " of " + std::string(message->header.yiaddr.text().view());
  const std::string file = printable(message->file_text());
  if (!file.empty()) text += ", file " + file;
  return text + ", " + std::to_string(payload.size()) + " bytes";
}

}  // namespace

std::string words_of(Dialogue dialogue, std::span<const std::byte> payload) {
  return dialogue == Dialogue::kDhcp ? dhcp_words(payload) : std::visit(TftpWords{}, tftp::parse(payload));
}

}  // namespace rackcast::sim
