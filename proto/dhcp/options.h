// Reading options (RFC 2132 §2): a walker over one field, and the set of all options of a message, indexed once.
//
// `Options` reads the options field, then `file`, then `sname` where option 52 says so (RFC 2131 §4.1), and joins what
// is split over several instances (RFC 3396) in a scratch buffer. Total: pads, a missing end, lengths that run past the
// field, contradictory repeats and an option 52 inside an overloaded field all have a defined answer, told by faults().
//
// Every span and view handed out borrows the message or the scratch buffer: both must outlive it. Not thread-safe, no
// allocation, one pass over the message at construction; each getter is O(1) in the message.
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "proto/dhcp/arch.h"
#include "proto/dhcp/message.h"
#include "proto/dhcp/option_code.h"
#include "proto/dhcp/option_values.h"

namespace rackcast::dhcp4 {

// Option 52: the fields that hold options rather than text. A bit mask.
enum class Overload : std::uint8_t { kNone = 0, kFile = 1, kSname = 2, kBoth = 3 };
[[nodiscard]] constexpr bool covers_file(Overload o) {
  return (static_cast<unsigned>(o) & 1U) != 0;
}
[[nodiscard]] constexpr bool covers_sname(Overload o) {
  return (static_cast<unsigned>(o) & 2U) != 0;
}

struct RawOption {
  OptionCode code{};
  std::span<const std::byte> data;
};

// How {code, length, data} items are framed.
enum class Framing : std::uint8_t {
  kOptions,     // 0 is a pad and 255 the end: DHCP options, PXE's 43, iPXE's 175
  kSubOptions,  // neither is special: relay agent information (RFC 3046 §2.0)
};

// Walks the items of one field; stops at the end marker, at the field's end, or at an item that runs past it.
class OptionWalker {
 public:
  explicit OptionWalker(std::span<const std::byte> field, Framing framing = Framing::kOptions)
      : rest_(field), framing_(framing) {}

  std::optional<RawOption> next();
  [[nodiscard]] bool saw_end() const { return saw_end_; }  // option 255
  [[nodiscard]] bool overran() const { return overran_; }  // the last item claims more than there is; it is not given

 private:
  std::span<const std::byte> rest_;
  Framing framing_;
  bool saw_end_ = false;
  bool overran_ = false;
};

// The first item with this code, for encapsulated options.
[[nodiscard]] std::optional<std::span<const std::byte>> find_item(std::span<const std::byte> field, std::uint8_t code,
                                                                  Framing framing);

// What was odd about a message's options. None of it makes the message unreadable.
struct OptionFaults {
  bool overran = false;        // a length ran past its field: the rest of that field was not read
  bool missing_end = false;    // a field without option 255
  bool contradiction = false;  // an option that cannot be split came twice: the first one counts
  bool bad_overload = false;   // option 52 with a value other than 1, 2, 3, or inside an overloaded field: ignored
  bool scratch_full = false;   // a split option did not fit the scratch buffer: it is absent
};

class Options {
 public:
  // A scratch buffer as large as the message always suffices; empty is legal where split options do not matter.
  Options(const Message& message, std::span<std::byte> scratch);
  // As above for one options field alone.
  Options(std::span<const std::byte> field, std::span<std::byte> scratch);

  [[nodiscard]] bool has(OptionCode code) const { return present_.test(static_cast<std::uint8_t>(code)); }
  // The value, joined; nullopt when absent. An empty value is present.
  [[nodiscard]] std::optional<std::span<const std::byte>> get(OptionCode code) const;
  [[nodiscard]] Overload overload() const { return overload_; }
  [[nodiscard]] const OptionFaults& faults() const { return faults_; }

  // Typed access: nullopt (or empty) when absent *or* of a length the type does not have.
  [[nodiscard]] std::optional<std::uint8_t> u8(OptionCode code) const;
  [[nodiscard]] std::optional<std::uint16_t> u16(OptionCode code) const;
  [[nodiscard]] std::optional<std::uint32_t> u32(OptionCode code) const;
  [[nodiscard]] std::optional<net::Ipv4Address> address(OptionCode code) const;
  [[nodiscard]] AddressListView address_list(OptionCode code) const;
  [[nodiscard]] std::string_view text(OptionCode code) const;  // trailing NULs removed (RFC 2132 §2)

  // Nullopt: no option 53 (plain BOOTP, RFC 1534), or a value outside MessageType; has() tells which.
  [[nodiscard]] std::optional<MessageType> message_type() const;
  [[nodiscard]] std::optional<net::Ipv4Address> requested_address() const;
  [[nodiscard]] std::optional<net::Ipv4Address> server_identifier() const;
  [[nodiscard]] std::span<const std::byte> parameter_request_list() const;  // one option code per octet
  [[nodiscard]] bool requests(OptionCode code) const;                       // it is in the parameter request list
  // Option 57 as sent: the largest IP datagram the client takes, headers included.
  [[nodiscard]] std::optional<std::uint16_t> max_message_size() const;
  [[nodiscard]] std::span<const std::byte> client_identifier() const;  // empty below RFC 2132's two octets
  [[nodiscard]] std::string_view host_name() const;
  [[nodiscard]] VendorClass vendor_class() const;
  [[nodiscard]] UserClasses user_classes() const;
  // Option 93's list; `client_arch` is its first, else the number inside option 60, else nullopt.
  [[nodiscard]] ArchList client_archs() const;
  [[nodiscard]] std::optional<ClientArch> client_arch() const;
  [[nodiscard]] std::optional<NetworkInterfaceId> client_ndi() const;
  [[nodiscard]] std::optional<MachineId> machine_id() const;
  [[nodiscard]] std::optional<RelayAgentInfo> relay_agent() const;
  // Set on a message from iPXE, whichever of its marks it carries.
  [[nodiscard]] std::optional<IpxeOptions> ipxe() const;

 private:
  struct Fields {
    std::array<std::span<const std::byte>, 3> spans;  // in the order they are read
    std::size_t count = 0;
  };

  void index(std::span<const std::byte> field, bool overloaded);
  void index_item(const RawOption& item, bool overloaded);
  void take_overload(const RawOption& item, bool overloaded);
  void join_split(const Fields& fields, std::span<std::byte> scratch);

  std::array<std::span<const std::byte>, 256> values_;
  std::bitset<256> present_;
  std::bitset<256> split_;
  Overload overload_ = Overload::kNone;
  OptionFaults faults_;
};

}  // namespace rackcast::dhcp4
