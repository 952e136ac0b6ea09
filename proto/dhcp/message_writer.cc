#include "proto/dhcp/message_writer.h"

#include <algorithm>

namespace rackcast::dhcp4 {
namespace {

constexpr std::uint16_t kBroadcastFlag = 0x8000;
constexpr std::size_t kItemHeaderSize = 2;  // code, length
constexpr std::size_t kItemValueMax = 255;
constexpr std::size_t kEndSize = 1;
constexpr std::size_t kOverloadItemSize = kItemHeaderSize + 1;

std::span<std::byte> cut(std::span<std::byte> out, std::size_t size) {
  return out.first(std::min(out.size(), size));
}

std::span<std::byte> part(std::span<std::byte> out, std::size_t offset, std::size_t size) {
  return offset > out.size() ? std::span<std::byte>{} : cut(out.subspan(offset), size);
}

// Octets an option takes when split (RFC 3396), in one field.
std::size_t split_size(std::size_t value_size) {
  const std::size_t pieces = std::max<std::size_t>(1, (value_size + kItemValueMax - 1) / kItemValueMax);
  return value_size + pieces * kItemHeaderSize;
}

void write_fixed_header(std::span<std::byte> out, const Header& header) {
  bytes::Writer writer(out);
  writer.u8(static_cast<std::uint8_t>(header.op));
  writer.u8(static_cast<std::uint8_t>(header.htype));
  writer.u8(header.hlen);
  writer.u8(header.hops);
  writer.be32(header.xid.value());
  writer.be16(header.secs);
  writer.be16(header.broadcast ? kBroadcastFlag : 0);
  for (const auto address : {header.ciaddr, header.yiaddr, header.siaddr, header.giaddr}) writer.be32(address.value());
  writer.bytes(std::as_bytes(std::span(header.chaddr)));
  writer.zeros(kSnameSize + kFileSize);
  writer.bytes(kCookie);
}

void write_pieces(bytes::Writer& writer, OptionCode code, std::span<const std::byte> value) {
  do {
    const auto piece = value.first(std::min(value.size(), kItemValueMax));
    writer.u8(static_cast<std::uint8_t>(code));
    writer.u8(static_cast<std::uint8_t>(piece.size()));
    writer.bytes(piece);
    value = value.subspan(piece.size());
  } while (!value.empty());
}

// Largest piece of `left` octets that `room` has space for, with its header.
std::size_t piece_size(std::size_t room, std::size_t left) {
  if (room <= kItemHeaderSize) return 0;
  return std::min({room - kItemHeaderSize, kItemValueMax, left});
}

bool is_writers_own(OptionCode code) {
  return code == OptionCode::kPad || code == OptionCode::kEnd || code == OptionCode::kOverload;
}

}  // namespace

MessageWriter::MessageWriter(std::span<std::byte> out, const Header& header, const Limits& limits)
    : out_(cut(out, limits.size_bytes_max)),
      areas_{Area{bytes::Writer(part(out_, kOptionsOffset, out_.size())), kEndSize},
             Area{bytes::Writer(part(out_, kFileOffset, kFileSize)), kEndSize},
             Area{bytes::Writer(part(out_, kSnameOffset, kSnameSize)), kEndSize}},
      size_bytes_min_(std::max(limits.size_bytes_min, kOptionsOffset + kEndSize)),
      overload_(limits.overload) {
  if (out_.size() < size_bytes_min_) {
    state_ = State::kFailed;
    return;
  }
  if (overload_ != Overload::kNone) areas_[kOptionsField].kept += kOverloadItemSize;
  write_fixed_header(out_, header);
}

bool MessageWriter::write_text_field(std::string_view text, std::size_t offset, std::size_t size, bool given_up) {
  if (!ok() || given_up || text.size() >= size || text.find('\0') != std::string_view::npos) return false;
  bytes::Writer writer(out_.subspan(offset, size));
  writer.text(text);
  writer.zeros(writer.room());
  return writer.ok();
}

bool MessageWriter::set_file(std::string_view name) {
  return write_text_field(name, kFileOffset, kFileSize, covers_file(overload_));
}

bool MessageWriter::set_sname(std::string_view name) {
  return write_text_field(name, kSnameOffset, kSnameSize, covers_sname(overload_));
}

bool MessageWriter::may_use(std::size_t field) const {
  return field == kOptionsField || (field == kFileField && covers_file(overload_)) ||
         (field == kSnameField && covers_sname(overload_));
}

bool MessageWriter::put(OptionCode code, std::span<const std::byte> value) {
  if (state_ != State::kOpen || is_writers_own(code)) return drop(code);
  const bool written = value.size() <= kItemValueMax ? put_whole(code, value) : put_split(code, value);
  if (!written) return drop(code);
  touched_ = true;
  return true;
}

bool MessageWriter::put_whole(OptionCode code, std::span<const std::byte> value) {
  for (std::uint8_t field = current_; field < kFieldCount; ++field) {
    if (!may_use(field) || areas_[field].room() < kItemHeaderSize + value.size()) continue;
    write_pieces(areas_[field].writer, code, value);
    current_ = field;
    return true;
  }
  return false;
}

bool MessageWriter::fits_split(std::size_t size) const {
  for (std::size_t field = current_; field < kFieldCount && size > 0; ++field) {
    std::size_t room = may_use(field) ? areas_[field].room() : 0;
    for (std::size_t piece = piece_size(room, size); piece > 0; piece = piece_size(room, size)) {
      room -= kItemHeaderSize + piece;
      size -= piece;
    }
  }
  return size == 0;
}

bool MessageWriter::put_split(OptionCode code, std::span<const std::byte> value) {
  if (!fits_split(value.size())) return false;
  for (std::uint8_t field = current_; field < kFieldCount && !value.empty(); ++field) {
    if (!may_use(field)) continue;
    Area& area = areas_[field];
    for (std::size_t piece = piece_size(area.room(), value.size()); piece > 0;
         piece = piece_size(area.room(), value.size())) {
      write_pieces(area.writer, code, value.first(piece));
      value = value.subspan(piece);
      current_ = field;
    }
  }
  return true;
}

bool MessageWriter::put_u8(OptionCode code, std::uint8_t value) {
  return put(code, std::array{static_cast<std::byte>(value)});
}

bool MessageWriter::put_u16(OptionCode code, std::uint16_t value) {
  std::array<std::byte, 2> octets{};
  bytes::Writer(octets).be16(value);
  return put(code, octets);
}

bool MessageWriter::put_u32(OptionCode code, std::uint32_t value) {
  std::array<std::byte, 4> octets{};
  bytes::Writer(octets).be32(value);
  return put(code, octets);
}

bool MessageWriter::put_address(OptionCode code, net::Ipv4Address address) {
  return put_u32(code, address.value());
}

bool MessageWriter::put_addresses(OptionCode code, std::span<const net::Ipv4Address> addresses) {
  std::array<std::byte, kAddressesMax * 4> octets{};
  bytes::Writer writer(octets);
  for (const net::Ipv4Address address : addresses) writer.be32(address.value());
  return writer.ok() ? put(code, writer.written()) : drop(code);
}

bool MessageWriter::put_text(OptionCode code, std::string_view text) {
  return put(code, std::as_bytes(std::span(text)));
}

bool MessageWriter::put_terminated_text(OptionCode code, std::string_view text) {
  std::array<std::byte, kTerminatedTextMax + 1> octets{};
  bytes::Writer writer(octets);
  writer.text(text);
  writer.u8(0);
  return writer.ok() ? put(code, writer.written()) : drop(code);
}

bool MessageWriter::set_last(OptionCode code, std::span<const std::byte> value) {
  Area& area = areas_[kOptionsField];
  const std::size_t size = split_size(value.size());
  const bool taken = last_code_ != OptionCode::kPad;
  if (state_ != State::kOpen || is_writers_own(code) || taken || area.room() < size) return drop(code);
  area.kept += size;
  last_code_ = code;
  last_value_ = value;
  touched_ = true;
  return true;
}

bool MessageWriter::set_raw_vendor_area(std::span<const std::byte> vendor_area) {
  if (state_ != State::kOpen || touched_ || vendor_area.size() > out_.size() - kVendorOffset) return false;
  bytes::Writer writer(out_.subspan(kVendorOffset));
  writer.bytes(vendor_area);
  writer.zeros(std::min(writer.room(), kCookieSize));  // what is left of the cookie where the area is shorter than it
  raw_size_ = vendor_area.size();
  state_ = State::kRaw;
  return true;
}

std::size_t MessageWriter::room() const {
  if (state_ != State::kOpen) return 0;
  std::size_t largest = 0;
  for (std::size_t field = current_; field < kFieldCount; ++field) {
    const std::size_t octets = may_use(field) ? areas_[field].room() : 0;
    largest = std::max(largest, octets > kItemHeaderSize ? octets - kItemHeaderSize : 0);
  }
  return std::min(largest, kItemValueMax);
}

bool MessageWriter::drop(OptionCode code) {
  if (dropped_count_++ == 0) first_dropped_ = code;
  return false;
}

// Option 52, the last option and the end markers go into the octets kept for them.
void MessageWriter::close_areas() {
  unsigned used = 0;
  if (areas_[kFileField].writer.size() > 0) used |= static_cast<unsigned>(Overload::kFile);
  if (areas_[kSnameField].writer.size() > 0) used |= static_cast<unsigned>(Overload::kSname);
  bytes::Writer& options = areas_[kOptionsField].writer;
  if (used != 0) write_pieces(options, OptionCode::kOverload, std::array{static_cast<std::byte>(used)});
  if (last_code_ != OptionCode::kPad) write_pieces(options, last_code_, last_value_);
  for (Area& area : areas_)
    if (&area == areas_.data() || area.writer.size() > 0) area.writer.u8(static_cast<std::uint8_t>(OptionCode::kEnd));
}

std::span<std::byte> MessageWriter::finish() {
  if (!ok()) return {};
  std::size_t size = kVendorOffset + raw_size_;
  if (state_ == State::kOpen) {
    close_areas();
    size = kOptionsOffset + areas_[kOptionsField].writer.size();
  }
  state_ = State::kFinished;
  if (size < size_bytes_min_) {
    std::fill(out_.begin() + static_cast<std::ptrdiff_t>(size),
              out_.begin() + static_cast<std::ptrdiff_t>(size_bytes_min_), std::byte{0});
    size = size_bytes_min_;
  }
  return out_.first(size);
}

}  // namespace rackcast::dhcp4
