#include "core/recording/recording.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

#include "core/recording/recorded_frame.h"
#include "proto/pcapng/writer.h"

namespace rackcast {

namespace {

// The writer looks at the rings this often while they are empty.
constexpr std::chrono::milliseconds kLook{2};
// Blocks gathered for one write.
constexpr std::size_t kBlocksBytes = std::size_t{512} << 10U;
constexpr std::size_t kPayloadBytesMax = 65'535;
constexpr std::size_t kFrameBytesMax = recorded_frame_bytes_max(kPayloadBytesMax);
static_assert(kBlocksBytes > kFrameBytesMax + pcapng::kPacketOverheadBytes, "every datagram fits");

constexpr std::string_view kApplication = "rackcastd";

}  // namespace

std::unique_ptr<Recording> Recording::start(RecordingSetup setup, RecordOutput output, Done done) {
  std::unique_ptr<Recording> recording(new Recording(std::move(setup), std::move(output), std::move(done)));
  for (const auto& lane : recording->lanes_) lane->port->replace_tap(&lane->ring);
  recording->thread_ = std::thread([self = recording.get()] { self->run(); });
  return recording;
}

Recording::Recording(RecordingSetup setup, RecordOutput output, Done done)
    : setup_(std::move(setup)),
      output_(std::move(output)),
      done_(std::move(done)),
      blocks_(kBlocksBytes),
      frame_(kFrameBytesMax) {
  if (setup_.interfaces.empty()) setup_.interfaces.emplace_back();
  for (const RecordedLane& lane : setup_.lanes)
    lanes_.push_back(std::unique_ptr<Lane>(new Lane{lane.id, lane.port, RecordRing(setup_.ring_bytes)}));
}

Recording::~Recording() {
  stop();
  if (thread_.joinable()) thread_.join();
}

void Recording::stop() {
  {
    const std::scoped_lock lock(mutex_);
    stop_.store(true, std::memory_order_relaxed);
  }
  stop_rung_.notify_all();
}

void Recording::run() {
  pthread_setname_np(pthread_self(), "rc-record");
  deadline_ = std::chrono::steady_clock::now() + setup_.limits.duration;
  if (write_head()) record_until_end();
  for (const auto& lane : lanes_) lane->port->replace_tap(nullptr);
  if (report_.end != RecordEnd::kFailed && report_.end != RecordEnd::kBytes) (void)drain_all();
  if (report_.end != RecordEnd::kFailed) (void)flush();
  output_.close();
  for (const auto& lane : lanes_) report_.dropped += lane->ring.dropped();
  done_(report_);
  ended_.store(true, std::memory_order_release);
}

bool Recording::write_head() {
  const auto take = [&](std::span<const std::byte> block) {
    if (!fits(block)) return false;
    blocks_used_ += block.size();
    return !block.empty();
  };
  const auto room = [&] { return std::span(blocks_).subspan(blocks_used_); };
  if (!take(pcapng::encode_section(room(), kApplication))) return false;
  for (const RecordedInterface& interface : setup_.interfaces) {
    const pcapng::InterfaceDescription description{.name = interface.name,
                                                   .addresses = interface.addresses,
                                                   .mac = interface.mac.is_zero() ? nullptr : &interface.mac};
    if (pcapng::interface_bytes_max(description) > room().size() && !flush()) return false;
    if (!take(pcapng::encode_interface(room(), description))) return false;
  }
  return flush();
}

void Recording::record_until_end() {
  while (!over_) {
    if (std::chrono::steady_clock::now() >= deadline_) return end_with(RecordEnd::kDuration);
    if (!drain_all() || !flush()) return;
    if (!wait_a_little()) return end_with(RecordEnd::kStopped);
  }
}

void Recording::end_with(RecordEnd end) {
  report_.end = end;
  over_ = true;
}

// False: a bound was met or the output failed.
bool Recording::drain_all() {
  for (const auto& lane : lanes_) {
    const bool emptied = lane->ring.drain(
        [&](const RecordEntry& entry, std::span<const std::byte> payload) { return add(lane->id, entry, payload); });
    if (!emptied) return false;
  }
  return true;
}

bool Recording::add(LaneId lane, const RecordEntry& entry, std::span<const std::byte> payload) {
  const std::uint32_t interface = interface_of(entry);
  const RecordedInterface& facts = setup_.interfaces[interface];
  const auto frame = encode_recorded_frame(frame_, entry, payload, facts.mac);
  if (frame.empty()) {
    ++report_.unwritable;
    return true;
  }
  const std::size_t most = frame.size() + pcapng::kPacketOverheadBytes;
  if (blocks_.size() - blocks_used_ < most && !flush()) return false;
  const auto time = static_cast<std::uint64_t>(entry.time.time_since_epoch().count());
  const auto block =
      pcapng::encode_packet(std::span(blocks_).subspan(blocks_used_),
                            {.interface = interface,
                             .time_ns = time,
                             .direction = entry.outbound ? pcapng::Direction::kOutbound : pcapng::Direction::kInbound,
                             .queue = lane.value(),
                             .original_bytes = static_cast<std::uint32_t>(frame.size()) + (entry.truncated ? 1U : 0U),
                             .data = frame});
  if (!fits(block)) return false;
  blocks_used_ += block.size();
  ++(entry.outbound ? report_.sent : report_.received);
  if (entry.truncated) ++report_.truncated;
  return true;
}

// False: the file would be longer than allowed, and the recording is over.
bool Recording::fits(std::span<const std::byte> block) {
  if (report_.bytes + blocks_used_ + block.size() <= setup_.limits.bytes) return true;
  end_with(RecordEnd::kBytes);
  return false;
}

bool Recording::flush() {
  const auto outcome = output_.write(std::span(blocks_).first(blocks_used_), [this] {
    return stop_.load(std::memory_order_relaxed) || std::chrono::steady_clock::now() >= deadline_;
  });
  if (outcome != RecordOutput::Outcome::kWritten) {
    end_with(RecordEnd::kFailed);
    report_.error = outcome == RecordOutput::Outcome::kFailed
                        ? output_.error()
                        : "whoever reads the recording does not take it; its end is missing";
    return false;
  }
  report_.bytes += blocks_used_;
  blocks_used_ = 0;
  return true;
}

bool Recording::wait_a_little() {
  std::unique_lock lock(mutex_);
  return !stop_rung_.wait_for(lock, kLook, [&] { return stop_.load(std::memory_order_relaxed); });
}

// Replies by route name no interface: the one whose network holds the peer, or that has the address they leave from.
std::uint32_t Recording::interface_of(const RecordEntry& entry) const {
  const net::IpAddress& peer = entry.outbound ? entry.destination.address : entry.source.address;
  const net::IpAddress& own = entry.outbound ? entry.source.address : entry.destination.address;
  for (std::uint32_t i = 0; i < setup_.interfaces.size(); ++i)
    if (entry.interface.value() != 0 && setup_.interfaces[i].index == entry.interface) return i;
  if (!peer.is_v4() || !own.is_v4()) return 0;
  for (std::uint32_t i = 0; i < setup_.interfaces.size(); ++i) {
    for (const pcapng::Ipv4Network& network : setup_.interfaces[i].addresses) {
      const bool same_network = ((network.address.value() ^ peer.v4().value()) & network.mask.value()) == 0;
      if (same_network || network.address == own.v4()) return i;
    }
  }
  return 0;
}

}  // namespace rackcast
