// TFTP transfers as they look on the wire at the server's end: who reads what from which TID, how many bytes were new
// and how many sent, what the network did to it. What several checkers stand on.
//
// A transfer is known by (TID, client endpoint); it begins with the server's first answer to a request and ends with
// the ACK of its final block, an ERROR, or the next request of the same endpoint. Thread: the world's.
#pragma once

#include <cstdint>
#include <unordered_map>

#include "io_backends/sim/sim_network.h"
#include "proto/tftp/packet.h"
#include "tools/sim/machines/time.h"

namespace rackcast::sim {

struct TransferFacts {
  net::Endpoint client;
  net::UdpPort tid;
  std::uint32_t datagram_bytes = tftp::kBlockSizeDefault + tftp::kDataHeaderBytes;  // of a full block
  std::uint32_t window = 1;
  std::uint64_t highest = 0;      // block
  std::uint64_t final_block = 0;  // 0: not sent yet
  std::uint64_t bytes_needed = 0;
  std::uint64_t bytes_sent = 0;
  std::uint32_t faults = 0;           // datagrams lost, reordered, duplicated or late, both ways
  Span first_wait{};                  // of the server for a silent client
  Instant sent_at{};                  // the server's latest
  Instant heard_at{};                 // the client's latest arrival
  Instant fault_at = Instant::min();  // the network's latest
  bool running = false;               // sends data
};

class TransferWatcher {
 public:
  virtual void on_started(const TransferFacts& transfer) = 0;  // the first DATA
  virtual void on_ended(const TransferFacts& transfer) = 0;    // once for each started one
  virtual void on_closed(const TransferFacts& transfer) = 0;   // each one's last, behind on_ended: no more is sent

 protected:
  ~TransferWatcher() = default;
};

class TransferWatch {
 public:
  TransferWatch(net::Ipv4Address server, net::UdpPort listener, TransferWatcher& watcher)
      : server_(server), listener_(listener), watcher_(watcher) {}

  void on_sent(Instant now, const io::SimFrame& frame);
  void on_arrived(Instant now, const io::SimFrame& frame);
  void on_fault(Instant now, const io::SimFrame& frame);

  // The endpoint's transfers are nobody's any more (a reset): what is still sent to them is lost.
  void forget_client(net::Ipv4Address address);
  void close_all();  // the run is over

 private:
  struct Key {
    net::Ipv4Address address;
    net::UdpPort port;
    net::UdpPort tid;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const {
      const std::uint64_t mixed =
          (std::uint64_t{key.address.value()} << 32U) | (std::uint64_t{key.port.value()} << 16U) | key.tid.value();
      return static_cast<std::size_t>((mixed ^ (mixed >> 29U)) * 0x9E37'79B9'7F4A'7C15ULL >> 7U);
    }
  };

  [[nodiscard]] TransferFacts* find(net::Ipv4Address client, net::UdpPort port, net::UdpPort tid);
  void on_server(Instant now, const io::SimFrame& frame);
  void on_data(TransferFacts& transfer, const tftp::Data& data, std::size_t bytes);
  void on_client(Instant now, const io::SimFrame& frame);
  void end(const TransferFacts& transfer);
  void tell_end(const TransferFacts& transfer);

  net::Ipv4Address server_;
  net::UdpPort listener_;
  TransferWatcher& watcher_;
  std::unordered_map<Key, TransferFacts, KeyHash> transfers_;
  std::unordered_map<std::uint64_t, std::uint32_t> asked_;  // by client endpoint: requests not answered yet
};

}  // namespace rackcast::sim
