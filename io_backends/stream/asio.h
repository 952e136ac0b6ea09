// The names of Boost.Asio that the stream path uses. Private to io_backends/stream: no public header includes it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>

#include "proto/net/address.h"

namespace rackcast::io {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;
using SteadyClock = std::chrono::steady_clock;
using SteadyTime = SteadyClock::time_point;

template <typename T = void>
using Task = asio::awaitable<T>;

[[nodiscard]] inline net::Endpoint to_endpoint(const tcp::endpoint& endpoint) {
  const net::UdpPort port{endpoint.port()};
  if (endpoint.address().is_v4()) return {net::Ipv4Address(endpoint.address().to_v4().to_uint()), port};
  return {net::Ipv6Address{endpoint.address().to_v6().to_bytes()}, port};
}

// `scope_id`: of a link-local IPv6 address, 0 otherwise.
[[nodiscard]] inline tcp::endpoint to_asio(const net::IpAddress& address, std::uint16_t port,
                                           std::uint32_t scope_id = 0) {
  if (address.is_v4()) return {asio::ip::address_v4(address.v4().value()), port};
  return {asio::ip::address_v6(address.v6().octets, scope_id), port};
}

}  // namespace rackcast::io
