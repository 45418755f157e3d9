/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * osmem/heap.hpp: containers of the C++ library on heaps of every policy, compared with the same containers on the
 * library's own; and what happens when memory runs out under them.
 */
#include <osmem/heap.hpp>
#include <osmem/mock.h>

#include <cstdint>
#include <cstring>
#include <list>
#include <map>
#include <memory_resource>
#include <numeric>
#include <string>
#include <unordered_map>
#include <vector>

extern "C" {
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
}

namespace
{

constexpr std::size_t ARENA = 8u << 20;

/* A heap on a mock of its own. */
class bench
{
public:
	explicit bench(const struct osm_policy *policy) : memory_(new char[ARENA])
	{
		osm_mock_init(&mock, memory_.get(), ARENA);
		heap.reset(osm_heap_create(policy, &mock.backend, nullptr));
		assert_non_null(heap.get());
	}

	struct osm_stats stats() const
	{
		struct osm_stats result;

		osm_heap_stats(heap.get(), &result);
		return result;
	}

	void assert_well(std::size_t blocks) const
	{
		struct osm_fault fault = {};

		if (!osm_heap_check(heap.get(), &fault))
			fail_msg("%s", fault.detail);
		assert_int_equal(stats().live_blocks, blocks);
	}

private:
	std::unique_ptr<char[]> memory_; /* must outlive the heap: members end in the opposite order */

public:
	struct osm_mock mock;
	osm::heap_ptr heap;
};

/* Call a check with a fresh heap of each policy in each layout. */
template <class Check> void for_each_policy(Check check)
{
	std::size_t n = 0;

	for (const struct osm_policy *const *policy = osm_policies(); *policy; policy++, n++) {
		bench b(*policy);

		check(b);
		b.assert_well(0);
	}
	assert_true(n > 8);
}

struct alignas(64) wide {
	char bytes[64];
};

bool is_aligned(const void *p, std::size_t align)
{
	return reinterpret_cast<std::uintptr_t>(p) % align == 0;
}

void vector_grows_contents_are_kept(void **)
{
	for_each_policy([](bench &b) {
		osm::resource resource(b.heap.get());
		std::pmr::vector<int> numbers(&resource);

		for (int i = 0; i < 10000; i++)
			numbers.push_back(i);
		assert_int_equal(std::accumulate(numbers.begin(), numbers.end(), 0), 10000 * 9999 / 2);
		assert_true(osm_heap_owns(b.heap.get(), numbers.data()));
		b.assert_well(1);
		numbers.resize(10);
		numbers.shrink_to_fit();
		assert_int_equal(numbers.back(), 9);
		assert_true(b.stats().live_bytes < 200);
	});
}

void vector_of_aligned_elements_is_aligned(void **)
{
	for_each_policy([](bench &b) {
		osm::resource resource(b.heap.get());
		std::pmr::vector<wide> one(&resource);
		std::vector<wide, osm::allocator<wide>> other(b.heap.get());

		for (int i = 0; i < 100; i++) {
			one.emplace_back();
			other.emplace_back();
			assert_true(is_aligned(one.data(), 64) && is_aligned(other.data(), 64));
		}
		b.assert_well(2);
	});
}

/* The same steps on a map of the C++ library's own memory. */
void map_comes_and_goes_equals_model(void **)
{
	for_each_policy([](bench &b) {
		osm::resource resource(b.heap.get());
		std::pmr::map<int, std::pmr::string> names(&resource);
		std::map<int, std::string> model;
		unsigned random = 1;

		for (int step = 0; step < 3000; step++) {
			random = random * 1103515245u + 12345u;
			const int key = static_cast<int>(random >> 16) % 300;

			if (random >> 31) {
				names.erase(key);
				model.erase(key);
			} else {
				const std::string text(random >> 24 & 63, 'x');

				names[key] = text;
				model[key] = text;
			}
		}
		assert_int_equal(names.size(), model.size());
		for (const auto &[key, text] : model)
			assert_string_equal(names.at(key).c_str(), text.c_str());
		/* A string within a container takes the container's resource. */
		assert_ptr_equal(names.begin()->second.get_allocator().resource(), &resource);
		assert_true(b.stats().live_blocks > names.size());
	});
}

void string_long_lies_on_the_heap_short_does_not(void **)
{
	for_each_policy([](bench &b) {
		osm::resource resource(b.heap.get());
		std::pmr::string text("short", &resource);

		b.assert_well(0);
		for (int i = 0; i < 1000; i++)
			text += "a piece of it ";
		assert_int_equal(text.size(), 5 + 14 * 1000);
		assert_true(text.compare(text.size() - 14, 14, "a piece of it ") == 0);
		b.assert_well(1);
	});
}

void allocator_serves_containers_of_nodes(void **)
{
	for_each_policy([](bench &b) {
		std::map<int, int, std::less<int>, osm::allocator<std::pair<const int, int>>> tree(b.heap.get());
		std::list<int, osm::allocator<int>> list(b.heap.get());
		std::unordered_map<int, int, std::hash<int>, std::equal_to<int>, osm::allocator<std::pair<const int, int>>>
			table(b.heap.get());

		for (int i = 0; i < 500; i++) {
			tree.emplace(i, i);
			list.push_back(i);
			table.emplace(i, i);
		}
		b.assert_well(1501); /* the table's buckets are one */
		for (int i = 0; i < 500; i += 2)
			table.erase(i);
		list.clear();
		b.assert_well(751);
		assert_int_equal(table.at(499), 499);
	});
}

void equality_is_that_of_heaps(void **)
{
	bench one(*osm_policies()), other(*osm_policies());
	osm::resource a(one.heap.get()), b(one.heap.get()), c(other.heap.get());

	assert_true(a == b);
	assert_false(a == c);
	assert_false(a == *std::pmr::new_delete_resource());
	assert_true(osm::allocator<int>(one.heap.get()) == osm::allocator<char>(one.heap.get()));
	assert_true(osm::allocator<int>(one.heap.get()) != osm::allocator<int>(other.heap.get()));
	b.deallocate(a.allocate(100), 100); /* equal: one takes back what the other gave */
	one.assert_well(0);
}

void moving_takes_the_memory_along_copying_does_not(void **)
{
	bench one(*osm_policies()), other(*osm_policies());
	using numbers = std::vector<int, osm::allocator<int>>;

	{
		numbers from(1000, 7, one.heap.get()), to(10, 1, other.heap.get());
		const int *data = from.data();

		to = std::move(from);
		assert_ptr_equal(to.data(), data);
		assert_ptr_equal(to.get_allocator().heap(), one.heap.get());
		other.assert_well(0);

		numbers copy(other.heap.get());

		copy = to;
		assert_ptr_equal(copy.get_allocator().heap(), other.heap.get());
		other.assert_well(1);
		copy.swap(to);
		assert_ptr_equal(copy.data(), data);
		assert_ptr_equal(to.get_allocator().heap(), other.heap.get());
		assert_int_equal(to.at(999), 7);
	}
	one.assert_well(0);
	other.assert_well(0);
}

void no_bytes_have_an_address_of_their_own(void **)
{
	bench b(*osm_policies());
	osm::resource resource(b.heap.get());
	void *p = resource.allocate(0), *q = resource.allocate(0);

	assert_non_null(p);
	assert_non_null(q);
	assert_ptr_not_equal(p, q);
	resource.deallocate(p, 0);
	resource.deallocate(q, 0);
	b.assert_well(0);
}

template <class Exception, class Call> bool throws(Call call)
{
	try {
		call();
	} catch (const Exception &) {
		return true;
	}
	return false;
}

void sizes_beyond_all_memory_throw(void **)
{
	bench b(*osm_policies());
	osm::allocator<wide> wides(b.heap.get());
	osm::resource resource(b.heap.get());
	volatile std::size_t everything = SIZE_MAX; /* a constant would be warned of */

	assert_true(throws<std::bad_array_new_length>([&] { wides.allocate(SIZE_MAX / 64 + 1); }));
	assert_true(throws<std::bad_alloc>([&] { wides.allocate(SIZE_MAX / 64); }));
	assert_true(throws<std::bad_alloc>([&] { static_cast<void>(resource.allocate(everything)); }));
	assert_true(throws<std::bad_alloc>([&] { static_cast<void>(resource.allocate(2 * ARENA)); }));
	b.assert_well(0);
}

/* Each call to the backend refused in turn, until none is left: what push_back promises must hold. */
void memory_runs_out_containers_stay_whole(void **)
{
	for_each_policy([](bench &b) {
		osm::resource resource(b.heap.get());
		unsigned refused = 0;

		for (unsigned nth = 1;; nth++) {
			std::pmr::vector<std::pmr::string> lines(&resource);
			struct osm_mock_plan plan = {};
			std::size_t done = 0;

			plan.fail_nth = nth;
			osm_mock_plan(&b.mock, &plan);
			try {
				for (; done < 200; done++)
					lines.emplace_back(std::size_t{300}, static_cast<char>('a' + done % 26));
			} catch (const std::bad_alloc &) {
				refused++;
			}
			const unsigned failures = b.mock.failures;

			osm_mock_plan(&b.mock, nullptr); /* counts anew */
			assert_int_equal(lines.size(), done);
			for (std::size_t i = 0; i < done; i++)
				assert_int_equal(lines[i][299], 'a' + i % 26);
			b.assert_well(lines.size() + (lines.capacity() != 0));
			lines.emplace_back("there is memory again, and this is long enough to need some");
			if (failures == 0)
				break;
			assert_true(nth < 500);
		}
		assert_true(refused > 0);
	});
}

} // namespace

int main()
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vector_grows_contents_are_kept),
		cmocka_unit_test(vector_of_aligned_elements_is_aligned),
		cmocka_unit_test(map_comes_and_goes_equals_model),
		cmocka_unit_test(string_long_lies_on_the_heap_short_does_not),
		cmocka_unit_test(allocator_serves_containers_of_nodes),
		cmocka_unit_test(equality_is_that_of_heaps),
		cmocka_unit_test(moving_takes_the_memory_along_copying_does_not),
		cmocka_unit_test(no_bytes_have_an_address_of_their_own),
		cmocka_unit_test(sizes_beyond_all_memory_throw),
		cmocka_unit_test(memory_runs_out_containers_stay_whole),
	};

	return !!cmocka_run_group_tests_name("containers", tests, nullptr, nullptr);
}
