#include "core/admission/local_time.h"

#include <ctime>

namespace rackcast {
namespace {

class SystemLocalTime final : public LocalTime {
 public:
  // The C library reads its time zone file on the first call: here, and not on a lane.
  SystemLocalTime() { (void)minute_of_day(WallTime{}); }

  [[nodiscard]] unsigned minute_of_day(WallTime at) const override {
    const auto seconds =
        static_cast<std::time_t>(std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count());
    std::tm local{};
    if (::localtime_r(&seconds, &local) == nullptr) return 0;  // a year beyond int: no clock says that
    return static_cast<unsigned>(local.tm_hour * 60 + local.tm_min);
  }
};

}  // namespace

const LocalTime& system_local_time() {
  static const SystemLocalTime instance;
  return instance;
}

}  // namespace rackcast
