#include "tools/sim/replay/comparison.h"

#include <algorithm>
#include <optional>

#include "proto/dhcp/message.h"
#include "proto/tftp/packet.h"

namespace rackcast::sim {

namespace {

std::string name_of(Dialogue dialogue, const net::Endpoint& endpoint, std::span<const std::byte> payload) {
  if (dialogue == Dialogue::kTftp) return std::string(endpoint.text().view());
  const auto message = dhcp4::parse_message(payload);
  const auto mac = message ? message->header.mac() : std::nullopt;
  return mac ? std::string(mac->text().view()) : "a machine without a MAC";
}

// Two datagrams that differ, in words that do.
std::pair<std::string, std::string> words_of_both(Dialogue dialogue, const std::vector<std::byte>* recorded,
                                                  const std::vector<std::byte>* produced) {
  const auto words = [&](const std::vector<std::byte>* payload) {
    return payload == nullptr ? std::string("nothing") : words_of(dialogue, *payload);
  };
  std::pair both(words(recorded), words(produced));
  if (recorded == nullptr || produced == nullptr || both.first != both.second) return both;
  const auto differs = std::mismatch(recorded->begin(), recorded->end(), produced->begin(), produced->end());
  both.second += ", but other bytes from " + std::to_string(differs.first - recorded->begin()) + " on";
  return both;
}

}  // namespace

Comparison::Client& Comparison::client_of(Dialogue dialogue, const net::Endpoint& endpoint,
                                          std::span<const std::byte> payload) {
  const std::string name = name_of(dialogue, endpoint, payload);
  Client& client = clients_[name];
  client.name = name;
  client.dialogue = dialogue;
  return client;
}

std::size_t Comparison::exchange_for(Client& client, Side side, std::uint16_t tid,
                                     const std::vector<std::byte>& payload) {
  if (client.dialogue == Dialogue::kDhcp) {
    const auto message = dhcp4::parse_message(payload);
    const std::uint32_t xid = message ? message->header.xid.value() : 0;
    const auto [found, fresh] = client.by_xid.try_emplace(xid, client.exchanges.size());
    if (fresh) client.exchanges.emplace_back();
    return found->second;
  }
  // The transfer before may repeat its end while the next one has begun.
  const std::size_t last = client.exchanges.size() - 1;
  if (last == 0 || client.exchanges[last].of(side).tid == tid) return last;
  const Voice& before = client.exchanges[last - 1].of(side);
  return before.tid == tid && before.known.contains(payload) ? last - 1 : last;
}

// A request that is asked again before anything else was said is the same exchange: its answer was late.
void Comparison::asked(const CapturedDatagram& datagram) {
  Client& client = client_of(datagram.dialogue, datagram.source, datagram.payload);
  if (datagram.dialogue == Dialogue::kDhcp) return;
  if (!tftp::parse_request(datagram.payload)) {
    client.went_on = true;
    return;
  }
  const bool again = !client.went_on && std::equal(client.request.begin(), client.request.end(),
                                                   datagram.payload.begin(), datagram.payload.end());
  if (again) return;
  client.request.assign(datagram.payload.begin(), datagram.payload.end());
  client.went_on = false;
  client.exchanges.emplace_back();
}

std::size_t Comparison::said(Side side, Dialogue dialogue, WallTime at, const net::Endpoint& client_endpoint,
                             std::uint16_t tid, std::span<const std::byte> payload) {
  Client& client = client_of(dialogue, client_endpoint, payload);
  std::vector<std::byte> copy(payload.begin(), payload.end());
  const std::size_t exchange = exchange_for(client, side, tid, copy);
  Voice& voice = client.exchanges[exchange].of(side);
  voice.tid = tid;
  const bool recorded = side == Side::kRecorded;
  ++(recorded ? counts_.recorded : counts_.produced);
  const auto [place, fresh] = voice.known.insert(std::move(copy));
  if (!fresh) {
    ++(recorded ? counts_.repeats_recorded : counts_.repeats_produced);
    return exchange;
  }
  if (!recorded && at >= grace_from_) ++counts_.at_the_end;
  voice.said.push_back({at, &*place});
  return exchange;
}

std::size_t Comparison::exchange_of(const net::Endpoint& tftp_client) const {
  const auto found = clients_.find(std::string(tftp_client.text().view()));
  return found == clients_.end() ? 0 : found->second.exchanges.size() - 1;
}

std::optional<Divergence> Comparison::first_divergence(const Client& client, std::size_t exchange) const {
  const auto& recorded = client.exchanges[exchange].recorded.said;
  const auto& produced = client.exchanges[exchange].produced.said;
  for (std::size_t i = 0; i < std::max(recorded.size(), produced.size()); ++i) {
    const Said* const then = i < recorded.size() ? &recorded[i] : nullptr;
    const Said* const now = i < produced.size() ? &produced[i] : nullptr;
    if (then != nullptr && now != nullptr && *then->payload == *now->payload) continue;
    if (then == nullptr && now != nullptr && now->at >= grace_from_) return std::nullopt;
    auto words = words_of_both(client.dialogue, then != nullptr ? then->payload : nullptr,
                               now != nullptr ? now->payload : nullptr);
    return Divergence{client.name, exchange, i, std::move(words.first), std::move(words.second)};
  }
  return std::nullopt;
}

Comparison::Result Comparison::result() const {
  Result result = counts_;
  result.clients = clients_.size();
  for (const auto& [name, client] : clients_) {
    std::optional<Divergence> first;
    for (std::size_t i = 0; i < client.exchanges.size(); ++i) {
      const Exchange& exchange = client.exchanges[i];
      if (!exchange.recorded.said.empty() || !exchange.produced.said.empty()) ++result.exchanges;
      if (!first) first = first_divergence(client, i);
    }
    if (!first) continue;
    ++result.clients_differing;
    if (result.divergences.size() < kDivergencesMax) result.divergences.push_back(std::move(*first));
  }
  return result;
}

}  // namespace rackcast::sim
