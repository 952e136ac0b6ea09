// What a TFTP engine is made from. Value types; references outlive the engine.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/admission/source_limiter.h"
#include "core/config/config.h"
#include "core/engine/tftp/machine_terms.h"
#include "core/engine/tftp/rate_caps.h"
#include "core/engine/tftp/socket_roles.h"
#include "core/engine/tftp/upload_pace.h"
#include "core/images/image_epoch.h"
#include "core/packet_io.h"
#include "core/quirks/name_map.h"

namespace rackcast::engine {

struct TftpLimits {
  std::size_t transfers_max = 16'384;  // running and lingering, per lane; about 0.6 KiB each
  // Per lane; about 0.6 KiB each. Ten names that are not there from each of a thousand machines, and some: with fewer
  // places than names in use each look-up is a question to the store.
  std::size_t cache_paths = 16'384;
  std::size_t sources_max = 65'536;   // with transfers, for per_source and cps, and that were answered; per lane
  std::size_t uploads_max = 64;       // per lane; 65 KiB each, where uploads are on
  std::size_t machines_max = 16'384;  // the lane's copy of what is known of machines; about 0.25 KiB each
};

// For so many transfers: as many addresses that they come from, and a quarter of machines, which have several each.
[[nodiscard]] inline TftpLimits limits_for(std::size_t transfers_max) {
  TftpLimits limits;
  limits.transfers_max = transfers_max;
  limits.sources_max = std::max(limits.sources_max, transfers_max);
  limits.machines_max = std::max(limits.machines_max, transfers_max / 4);
  return limits;
}

struct TftpSetup {
  std::shared_ptr<const Config> config;  // its [tftp] may be absent: requests are then dropped and counted
  std::string root;                      // absolute, for the prefix rule of core/images/path.h
  std::vector<SocketId> listeners;
  TftpTids tids;                                                              // not used under single_port
  const ImageEpoch* epoch = nullptr;                                          // the store's; outlives the engine
  std::shared_ptr<ServiceTotals> totals = std::make_shared<ServiceTotals>();  // of all lanes
  std::shared_ptr<tftpd::SharedRates> shared_rates = std::make_shared<tftpd::SharedRates>();  // of all lanes
  std::shared_ptr<UploadPace> upload_pace = std::make_shared<UploadPace>();                   // of all lanes
  std::vector<InterfaceMtu> mtus;                                                             // for clamp_to_mtu
  std::unique_ptr<const NameMap> name_map;  // of [tftp].map_file; null: names as asked
  const LocalTime* local_time = nullptr;    // for access_times; null: the machine's
  // Whether the sockets that do not tell the interface (ReceivedDatagram::interface 0) hear served interfaces only.
  bool unseen_interfaces_served = true;
  std::uint64_t seed = 0;  // random, secret: hashes of what strangers send
  TftpLimits limits;
};

}  // namespace rackcast::engine
