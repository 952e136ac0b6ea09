// Names: what the lane knows of the file a client means, under the name it asked for and under those that clients with
// quirks mean by it (core/quirks/other_names.h).
#include "core/engine/tftp/engine_limits.h"
#include "core/engine/tftp/tftp_engine.h"

namespace rackcast::engine {

using namespace tftpd;

namespace {

// Of a boot file as DHCP names it; empty for one in the root and for a URL.
PathText folder_of(std::string_view boot_file, std::string_view root) {
  if (boot_file.empty() || boot_file.find("://") != std::string_view::npos) return {};
  const NormalizedPath normalized = normalize_path(boot_file, root);
  const std::size_t end = normalized.path.view().rfind('/');
  if (normalized.reject || end == std::string_view::npos) return {};
  return normalized.path.view().substr(0, end);
}

}  // namespace

// What a request's name means: by the map file, then by the path rules.
TftpEngine::Named TftpEngine::name_of(const Now& now, const ReceivedDatagram& datagram, std::string_view asked,
                                      PathText& path, NameTraits& traits, Sink& sink) {
  std::string_view name = without_end_byte(asked);
  if (name.size() != asked.size()) quirks_.add(Quirk::kEndByteInName);
  PathText mapped;
  if (name_map_ != nullptr) {
    switch (name_map_->apply(name, {datagram.peer.address, false}, mapped)) {
      case MapOutcome::kUnchanged:
        break;
      case MapOutcome::kMapped:
        counters_.add(Counter::kNamesMapped);
        name = mapped;
        break;
      case MapOutcome::kCandidate:
        traits.candidates = true;
        path.assign(name);
        return Named::kYes;
      case MapOutcome::kRefused:
        refuse_request(now, datagram, Refusal::kNameRefused, name, sink, mapped);
        return Named::kRefused;
      case MapOutcome::kTooLong:
      case MapOutcome::kLoops:
        refuse_request(now, datagram, Refusal::kPathRejected, name, sink);
        return Named::kRefused;
    }
  }
  const NormalizedPath normalized = normalize_path(name, root_);
  if (normalized.reject) {
    refuse_request(now, datagram, Refusal::kPathRejected, name, sink);
    return Named::kRefused;
  }
  path = normalized.path;
  traits.backslashes = name.find('\\') != std::string_view::npos;
  return Named::kYes;
}

// Of a name that E rules of the map file give several meanings: the `number`-th.
std::optional<OtherName> TftpEngine::candidate(const net::Endpoint& peer, std::string_view asked,
                                               std::uint8_t number) const {
  PathText mapped;
  const NameMapPeer who{peer.address, false};
  if (number > 0 && name_map_->apply(asked, who, mapped, number - 1U) != MapOutcome::kCandidate) return std::nullopt;
  switch (name_map_->apply(asked, who, mapped, number)) {
    case MapOutcome::kUnchanged:
    case MapOutcome::kMapped:
    case MapOutcome::kCandidate:
      break;
    default:
      return std::nullopt;
  }
  const NormalizedPath normalized = normalize_path(mapped, root_);
  if (normalized.reject) return std::nullopt;
  return OtherName{Quirk::kCount_, normalized.path};
}

// The names to look under, in order: the machine's own folder's, the one asked for, those that quirks mean.
std::optional<OtherName> TftpEngine::nth_name(const net::Endpoint& peer, std::string_view path, NameTraits traits,
                                              unsigned number) const {
  if (traits.candidates) return candidate(peer, path, static_cast<std::uint8_t>(number));
  const bool own_folder = config_->tftp->unique_root != UniqueRoot::kOff;
  if (!own_folder && number == 0) return OtherName{Quirk::kCount_, path};
  const Machine* const machine = machines_.find(peer.address);
  if (own_folder) {
    if (const auto own = in_own_folder(config_->tftp->unique_root, peer.address, machine, path)) {
      if (number == 0) return OtherName{Quirk::kCount_, *own};
      --number;
    }
    if (number == 0) return OtherName{Quirk::kCount_, path};
  }
  const PathText folder = machine != nullptr ? folder_of(machine->boot_file, root_) : PathText{};
  return other_name({path, traits.backslashes, folder}, number - 1);
}

// The first name, from the `from`-th on, that is there or of which nothing is known. O(kNamesMax).
Look TftpEngine::look_up(const Now& now, const net::Endpoint& peer, std::string_view path, NameTraits traits,
                         std::uint8_t from, PinTable& pins) {
  for (std::uint8_t names = from; names < kNamesMax; ++names) {
    const auto found = nth_name(peer, path, traits, names);
    if (!found) break;
    const PathText& name = found->path;
    const std::uint64_t hash = cache_.hash(name);
    CacheIndex index = cache_.find(name, hash);
    if (index == kNoEntry) index = cache_.claim(name, hash, now.monotonic, pins);
    if (index == kNoEntry) return {Look::Found::kNoRoom, kNoEntry, names};
    CacheEntry& entry = cache_.at(index);
    entry.used_at = now.monotonic;
    if (!ImageCache::fresh(entry, epoch_.value(), now.monotonic)) return {Look::Found::kUnknown, index, names};
    if (entry.kind == CacheEntry::Kind::kImage) return {Look::Found::kImage, index, names};
    if (entry.kind == CacheEntry::Kind::kLinkRefused) return {Look::Found::kLinkRefused, index, names};
  }
  return {};
}

// For a transfer that waited for a name which is not there.
TftpEngine::Elsewhere TftpEngine::look_elsewhere(const Now& now, TransferIndex index, Sink& sink) {
  Transfer& transfer = table_.at(index);
  const auto from = static_cast<std::uint8_t>(transfer.names + 1);
  if (!serving() || (transfer.path.cut() && nth_name(transfer.to.peer, transfer.path, transfer.name, from)))
    return Elsewhere::kLater;  // only the cache's entries have such a name whole: from there when it is asked again
  const Look look = look_up(now, transfer.to.peer, transfer.path, transfer.name, from, sink.pins());
  switch (look.found) {
    case Look::Found::kMissing:
      return Elsewhere::kNowhere;
    case Look::Found::kLinkRefused:
      return Elsewhere::kLinkRefused;
    case Look::Found::kNoRoom:
      counters_.add(Counter::kDroppedCacheFull);
      return Elsewhere::kLater;
    case Look::Found::kUnknown:
      if (!ask_unless_under_way(now, look.entry, sink)) return Elsewhere::kLater;
      transfer.cache_entry = look.entry;
      cache_.at(look.entry).waiters.push_back(table_.all(), index);
      set_deadline(index, now.monotonic + kImageWait);
      break;
    case Look::Found::kImage:
      break;
  }
  transfer.names = look.names;
  if (look.found == Look::Found::kImage) begin(now, index, cache_.at(look.entry).pin, sink);
  return Elsewhere::kGoesOn;
}

void TftpEngine::count_name(const Transfer& transfer) {
  if (transfer.name.candidates) return counters_.add(Counter::kNamesMapped);
  if (transfer.names == 0) return;
  const auto found = nth_name(transfer.to.peer, transfer.path, transfer.name, transfer.names);
  if (found && found->quirk != Quirk::kCount_) quirks_.add(found->quirk);
}

}  // namespace rackcast::engine
