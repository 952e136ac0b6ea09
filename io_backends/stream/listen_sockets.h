// The listening sockets of the stream path, opened on the main thread while it may still bind low ports. With several
// stream threads each address has one socket per thread, and the kernel picks by source address (SO_REUSEPORT with a
// classic-BPF program), so that all connections of a machine meet on one thread.
#pragma once

#include <cstdint>
#include <vector>

#include "core/config/config.h"
#include "core/file_descriptor.h"
#include "core/result.h"
#include "proto/net/address.h"

namespace rackcast::io {

enum class StreamService : std::uint8_t { kHttp, kFtp, kBoard };

struct ListenSocket {
  StreamService service = StreamService::kHttp;
  unsigned thread = 0;
  net::Endpoint local;  // the port the kernel chose when 0 was asked for
  FileDescriptor socket;
};

struct StreamSockets {
  unsigned thread_count = 1;
  std::vector<ListenSocket> sockets;

  // Errors are sentences: which service, which address, why, what to do.
  [[nodiscard]] static Result<StreamSockets> open(const Config& config);

  // The first bound address of a service: port 0 in tests. Precondition: there is one.
  [[nodiscard]] net::Endpoint local(StreamService service) const;
};

}  // namespace rackcast::io
