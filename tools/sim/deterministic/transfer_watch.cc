#include "tools/sim/deterministic/transfer_watch.h"

#include <algorithm>

#include "tools/sim/deterministic/wire_view.h"

namespace rackcast::sim {

namespace {

// The server's wait for a silent client that asks for no other (core/engine/tftp/terms.h). A timer may look one tick
// early.
constexpr Span kFirstWait = std::chrono::seconds(1);
constexpr Span kTimerSlack = std::chrono::milliseconds(20);

}  // namespace

TransferFacts* TransferWatch::find(net::Ipv4Address client, net::UdpPort port, net::UdpPort tid) {
  const auto it = transfers_.find({client, port, tid});
  return it == transfers_.end() ? nullptr : &it->second;
}

void TransferWatch::on_sent(Instant now, const io::SimFrame& frame) {
  if (frame.source.address == net::IpAddress(server_) && is_rack_address(frame.destination.address) &&
      frame.source.port.value() > 68)
    on_server(now, frame);
}

void TransferWatch::on_arrived(Instant now, const io::SimFrame& frame) {
  if (frame.destination.address == net::IpAddress(server_) && is_rack_address(frame.source.address) &&
      frame.destination.port.value() > 68)
    on_client(now, frame);
}

void TransferWatch::on_fault(Instant now, const io::SimFrame& frame) {
  const bool down = frame.source.address == net::IpAddress(server_);
  const net::Endpoint& client = down ? frame.destination : frame.source;
  const net::Endpoint& own = down ? frame.source : frame.destination;
  if (!is_rack_address(client.address)) return;
  TransferFacts* const transfer = find(client.address.v4(), client.port, own.port);
  if (transfer == nullptr) return;
  ++transfer->faults;
  transfer->fault_at = now;
}

void TransferWatch::on_server(Instant now, const io::SimFrame& frame) {
  const tftp::Packet packet = tftp::parse(frame.payload);  // of DATA its header may be all
  const auto* const data = std::get_if<tftp::Data>(&packet);
  const auto* const oack = std::get_if<tftp::OptionAck>(&packet);
  const Key key{frame.destination.address.v4(), frame.destination.port, frame.source.port};
  const auto it = transfers_.find(key);
  if (data == nullptr && oack == nullptr) {
    if (it != transfers_.end()) end(it->second);
    return;
  }
  const bool first = oack != nullptr || data->block.value() == 1;
  if (first) {
    const auto asked = asked_.find(client_key(frame.destination));
    // DATA 1 behind an OACK goes on with what the OACK began, even if a late copy of the request came meanwhile.
    const bool goes_on = data != nullptr && it != transfers_.end() && it->second.highest == 0;
    const bool new_one = asked != asked_.end() && !goes_on;
    if (asked != asked_.end()) asked_.erase(asked);
    if (new_one || it == transfers_.end()) {
      if (it != transfers_.end()) end(it->second);
      TransferFacts& fresh = transfers_[key] = {};
      fresh.client = frame.destination;
      fresh.tid = frame.source.port;
      fresh.heard_at = now;
      fresh.first_wait = kFirstWait;
      if (oack != nullptr) {
        const std::uint64_t block_size = oack->options.blksize.value_or(tftp::kBlockSizeDefault);
        fresh.datagram_bytes = static_cast<std::uint32_t>(block_size + tftp::kDataHeaderBytes);
        fresh.window = static_cast<std::uint32_t>(oack->options.windowsize.value_or(1));
        fresh.first_wait = std::chrono::seconds(oack->options.timeout.value_or(1));
        fresh.bytes_needed = fresh.bytes_sent = frame.size();
        fresh.sent_at = now;
        return;
      }
    }
  } else if (it == transfers_.end()) {
    return;  // under way when it ended
  }
  TransferFacts& transfer = transfers_[key];
  // Nothing was heard since the last sending for longer than the server waits, and nothing of it was lost: what the
  // client says is late.
  const bool unheard = transfer.heard_at <= transfer.sent_at && transfer.fault_at < transfer.sent_at;
  if (unheard && now - transfer.sent_at >= transfer.first_wait - kTimerSlack) ++transfer.faults;
  if (oack != nullptr)
    transfer.bytes_sent += frame.size();
  else
    on_data(transfer, *data, frame.size());
  transfer.sent_at = now;
}

void TransferWatch::on_data(TransferFacts& transfer, const tftp::Data& data, std::size_t bytes) {
  if (!transfer.running) {
    transfer.running = true;
    watcher_.on_started(transfer);
  }
  const std::uint64_t block =
      tftp::from_wire(data.block, tftp::BlockIndex(transfer.highest), tftp::Rollover::kToZero).value();
  transfer.bytes_sent += bytes;
  if (block <= transfer.highest) return;
  transfer.highest = block;
  transfer.bytes_needed += bytes;
  if (bytes < transfer.datagram_bytes) transfer.final_block = block;
}

void TransferWatch::on_client(Instant now, const io::SimFrame& frame) {
  const tftp::Packet packet = tftp::parse(frame.payload);
  if (frame.destination.port == listener_ && std::holds_alternative<tftp::Request>(packet)) {
    asked_[client_key(frame.source)] = 1;
    return;
  }
  // At the listener's port too, where the server answers from it (single_port).
  TransferFacts* transfer = find(frame.source.address.v4(), frame.source.port, frame.destination.port);
  if (transfer == nullptr) return;
  transfer->heard_at = now;
  if (std::holds_alternative<tftp::ErrorReport>(packet)) return end(*transfer);
  const auto* const ack = std::get_if<tftp::Ack>(&packet);
  if (ack == nullptr || transfer->final_block == 0) return;
  const auto block = tftp::from_wire(ack->block, tftp::BlockIndex(transfer->highest), tftp::Rollover::kToZero).value();
  if (block == transfer->final_block) end(*transfer);
}

void TransferWatch::end(const TransferFacts& transfer) {
  const Key key{transfer.client.address.v4(), transfer.client.port, transfer.tid};
  tell_end(transfer);
  transfers_.erase(key);
}

void TransferWatch::tell_end(const TransferFacts& transfer) {
  if (transfer.running) watcher_.on_ended(transfer);
  watcher_.on_closed(transfer);
}

void TransferWatch::forget_client(net::Ipv4Address address) {
  std::erase_if(transfers_, [&](const auto& entry) {
    const bool its_own = entry.first.address == address;
    if (its_own) tell_end(entry.second);
    return its_own;
  });
}

void TransferWatch::close_all() {
  for (const auto& [key, transfer] : transfers_) tell_end(transfer);
  transfers_.clear();
}

}  // namespace rackcast::sim
