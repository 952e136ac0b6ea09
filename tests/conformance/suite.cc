#include "tests/conformance/suite.h"

#include <algorithm>
#include <chrono>

#include "tests/conformance/kernel_world.h"
#include "tests/conformance/sim_world.h"

namespace rackcast::testing {
namespace {

using namespace std::chrono_literals;

constexpr int kTurnsMax = 500;  // of kTurnWait each: the limit for what must come
constexpr Duration kTurnWait = 10ms;
constexpr int kPushTurns = 3;

}  // namespace

Result<std::unique_ptr<World>> make_world(const BackendKind& kind) {
  return kind.backend == "sim" ? make_sim_world(kind) : make_kernel_world(kind);
}

std::vector<std::byte> bytes_of(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

std::vector<std::byte> pattern(std::size_t size, unsigned seed) {
  std::vector<std::byte> out(size);
  std::uint32_t state = seed * 2'654'435'761U + 1;
  for (std::byte& b : out) {
    state = state * 1'664'525U + 1'013'904'223U;
    b = static_cast<std::byte>(state >> 24U);
  }
  return out;
}

void PacketIoConformance::SetUp() {
  auto world = make_world(GetParam());
  if (!world) GTEST_SKIP() << world.error().message;
  world_ = std::move(*world);
}

io::SocketSpec PacketIoConformance::any_port(net::IpAddress bind) {
  io::SocketSpec spec;
  spec.bind.address = bind;
  return spec;
}

void PacketIoConformance::open(std::vector<io::SocketSpec> specs) {
  const std::vector<std::vector<io::SocketSpec>> lanes{std::move(specs)};
  auto opened = world_->open_lanes(lanes);
  ASSERT_TRUE(opened.has_value()) << opened.error().message;
  lanes_ = std::move(*opened);
}

Destination PacketIoConformance::to_peer(const Peer& peer) {
  Destination to;
  to.peer = peer.endpoint();
  return to;
}

void PacketIoConformance::turn(PacketIo& io, std::vector<Got>& into) {
  world_->pass();
  std::array<ReceivedDatagram, kBatchMax> batch;
  const std::size_t count = io.poll(batch, io.now().monotonic + kTurnWait);
  ASSERT_LE(count, batch.size());
  for (const ReceivedDatagram& datagram : std::span(batch).first(count)) {
    into.push_back({datagram, {datagram.payload.begin(), datagram.payload.end()}});
  }
  io.release(std::span(batch).first(count));
}

std::vector<Got> PacketIoConformance::collect(PacketIo& io, std::size_t count) {
  std::vector<Got> all;
  for (int i = 0; i < kTurnsMax && all.size() < count; ++i) turn(io, all);
  return all;
}

bool PacketIoConformance::send(const Destination& to, std::span<const std::byte> payload, PinId pin) {
  TxSlot* slot = io().reserve();
  if (slot == nullptr) return false;
  slot->destination = to;
  slot->pin = pin;
  if (pin == kNoPin) {
    std::ranges::copy(payload, slot->header_room().begin());
    slot->add(payload.size());
  } else {
    slot->add(0, payload);
  }
  io().commit(slot);
  return true;
}

void PacketIoConformance::push(PacketIo& io) {
  for (int i = 0; i < kPushTurns; ++i) {
    io.flush();
    world_->pass();
    static_cast<void>(io.poll({}, MonotonicTime{}));
  }
}

std::vector<PinId> PacketIoConformance::push_and_reap(PacketIo& io, std::size_t pins) {
  std::vector<PinId> reaped;
  std::vector<Got> ignored;
  std::array<PinId, 16> some;
  for (int i = 0; i < kTurnsMax && reaped.size() < pins; ++i) {
    io.flush();
    turn(io, ignored);
    for (std::size_t n = io.reap(some); n > 0; n = io.reap(some)) {
      reaped.insert(reaped.end(), some.begin(), some.begin() + static_cast<std::ptrdiff_t>(n));
    }
  }
  return reaped;
}

}  // namespace rackcast::testing
