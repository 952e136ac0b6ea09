// Transfers that wait, by source: each address has its own in order, and the addresses stand in a ring, so that none is
// asked twice before all others were. A source without transfers is forgotten. What they wait for, what a turn is, and
// the note that each source carries, are the owner's.
//
// Pure; fixed arrays, no allocation after construction; O(1). Links through Transfer::waiting. The engine's lane only.
#pragma once

#include <bit>
#include <vector>

#include "core/engine/tftp/transfer.h"

namespace rackcast::engine::tftpd {

template <typename Note>
class SourceRound {
 public:
  using Place = std::uint32_t;
  static constexpr Place kNone = 0xFFFF'FFFF;

  struct Source {
    WaiterList transfers;     // never empty; its first one's peer is the source
    std::uint32_t count = 0;  // of them
    Place previous = kNone;   // in the ring
    Place next = kNone;
    Place chain = kNone;  // of the same hash; of the free ones
    Note note{};
  };

  // `all`: the transfers, which outlive this. `seed` is secret: the addresses come from the network.
  SourceRound(std::span<Transfer> all, std::uint64_t seed)
      : all_(all), places_(all.size()), chains_(std::bit_ceil(all.size() + 1), kNone), seed_(seed) {
    for (std::size_t i = all.size(); i > 0; --i) set_free(static_cast<Place>(i - 1));
  }

  [[nodiscard]] bool empty() const { return turn_ == kNone; }
  [[nodiscard]] std::size_t sources() const { return sources_; }
  [[nodiscard]] Place turn() const { return turn_; }  // whose turn it is; kNone: nobody waits
  [[nodiscard]] Source& at(Place place) { return places_[place]; }
  [[nodiscard]] Place find(const net::IpAddress& address) { return link_of(address); }

  // Behind its source's others. A source that did not wait stands behind all others; its note is a fresh one.
  // Precondition: the transfer is in no list through Transfer::waiting.
  Place push(TransferIndex index) {
    Place& link = link_of(all_[index].to.peer.address);
    if (link == kNone) {  // there is a free place: as many as transfers
      link = free_;
      free_ = places_[link].chain;
      places_[link] = Source{};
      enter(link);
    }
    places_[link].transfers.push_back(all_, index);
    ++places_[link].count;
    return link;
  }

  // Precondition: it is here. If its source had the turn, and goes with it, the next one has it.
  void remove(TransferIndex index) {
    Place& link = link_of(all_[index].to.peer.address);
    const Place place = link;
    Source& source = places_[place];
    if (source.count == 1) {
      link = source.chain;
      leave(place);
    }
    source.transfers.remove(all_, index);
    if (--source.count == 0) set_free(place);
  }

  // Precondition: somebody waits. Who has the turn goes behind all others.
  void pass() { turn_ = places_[turn_].next; }
  // It has the turn, before who has it now.
  void bring_forward(Place place) {
    if (place == turn_) return;
    leave(place);
    enter(place);
    turn_ = place;
  }

 private:
  // The link in its chain that holds the source's place, or kNone at the chain's end.
  [[nodiscard]] Place& link_of(const net::IpAddress& address) {
    const std::uint64_t hash = net::hash(net::Endpoint{address, net::UdpPort(0)}, seed_);
    Place* link = &chains_[static_cast<std::size_t>(hash) & (chains_.size() - 1)];
    while (*link != kNone && all_[places_[*link].transfers.front()].to.peer.address != address)
      link = &places_[*link].chain;
    return *link;
  }

  void set_free(Place place) {
    places_[place].chain = free_;
    free_ = place;
  }

  // Behind all others: before the one whose turn it is.
  void enter(Place place) {
    ++sources_;
    Source& source = places_[place];
    if (turn_ == kNone) {
      source.previous = source.next = turn_ = place;
      return;
    }
    const Place last = places_[turn_].previous;
    source.previous = last;
    source.next = turn_;
    places_[last].next = place;
    places_[turn_].previous = place;
  }

  void leave(Place place) {
    --sources_;
    const Source& source = places_[place];
    if (source.next == place) {
      turn_ = kNone;
      return;
    }
    places_[source.previous].next = source.next;
    places_[source.next].previous = source.previous;
    if (turn_ == place) turn_ = source.next;
  }

  std::span<Transfer> all_;
  std::vector<Source> places_;
  std::vector<Place> chains_;  // by hash of the address; a power of two
  std::uint64_t seed_;
  Place free_ = kNone;
  Place turn_ = kNone;
  std::size_t sources_ = 0;
};

}  // namespace rackcast::engine::tftpd
