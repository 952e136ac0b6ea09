// What the server answers to an HTTP or FTP fetch: core's deciding halves, asked with structs, on the tree of a
// deterministic run. No bytes move here; the body is a flow (virtual_streams.h).
//
// Pure but for the tree it reads. Thread: the world's.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/images/image.h"
#include "core/time.h"
#include "tools/sim/deterministic/virtual_tree.h"
#include "tools/sim/machines/carrier.h"

namespace rackcast::sim {

struct StreamAnswer {
  Failure failure = Failure::kNone;
  std::uint16_t status = 0;
  unsigned round_trips = 1;            // of dialogue before the first byte of the body, connecting included
  std::uint64_t bytes = 0;             // of the body
  std::shared_ptr<const Image> image;  // whose bytes the body is: this generation to the end; null: `text`
  std::string text;
  std::uint16_t end_status = 0;  // FTP: the reply after the body
  bool stays_open = false;       // the connection may be used again
};

// What a client that asks HEAD first does about its answer: GET on the same connection (kNone), also after an error,
// since not every server knows HEAD (EDK2's HTTP boot); a server that closes meanwhile has lost it.
[[nodiscard]] Failure after_head(unsigned status, bool closes);

// `connected`: the machine's connection is open from an earlier fetch.
[[nodiscard]] StreamAnswer answer_http(const FetchRequest& request, const VirtualTree& tree, const std::string& root,
                                       net::Ipv4Address peer, bool connected, WallTime now);
[[nodiscard]] StreamAnswer answer_ftp(const FetchRequest& request, const VirtualTree& tree, const std::string& root,
                                      net::Ipv4Address peer);

}  // namespace rackcast::sim
