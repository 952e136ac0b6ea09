// Any file: every packet that is read lies within the file, and written again it reads back the same.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "proto/pcapng/reader.h"
#include "proto/pcapng/writer.h"

namespace {

using namespace rackcast::pcapng;

void require(bool holds) {
  if (!holds) std::abort();
}

void append(std::vector<std::byte>& file, std::span<const std::byte> block) {
  require(!block.empty());
  file.insert(file.end(), block.begin(), block.end());
}

void check_written_again(const Packet& packet, const Interface& interface) {
  InterfaceDescription description{.link_type = interface.link_type,
                                   .snap_length = interface.snap_length,
                                   .name = interface.name,
                                   .addresses = interface.addresses,
                                   .mac = interface.mac ? &*interface.mac : nullptr};
  std::vector<std::byte> file;
  std::vector<std::byte> room(section_bytes_max(0) + interface_bytes_max(description) + kPacketOverheadBytes +
                              packet.data.size());
  append(file, encode_section(room));
  append(file, encode_interface(room, description));
  Packet copy = packet;
  copy.interface = 0;
  append(file, encode_packet(room, copy));
  Reader reader(file);
  const auto again = reader.next();
  require(again.has_value() && reader.interfaces().size() == 1);
  require(again->time_ns == packet.time_ns && again->direction == packet.direction && again->queue == packet.queue);
  require(std::equal(again->data.begin(), again->data.end(), packet.data.begin(), packet.data.end()));
  require(reader.interfaces()[0].addresses == interface.addresses && reader.interfaces()[0].mac == interface.mac);
  require(reader.interfaces()[0].name == interface.name);
  require(!reader.next() && reader.reject() == Reject::kNone);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto file = std::as_bytes(std::span(data, size));
  Reader reader(file);
  while (const auto packet = reader.next()) {
    require(packet->data.empty() ||
            (packet->data.data() >= file.data() && packet->data.data() + packet->data.size() <= file.data() + size));
    check_written_again(*packet, reader.interfaces().at(packet->interface));
  }
  require(reader.reject() < Reject::kCount_);
  return 0;
}
