/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file heap.hpp
 * @brief Heaps for C++17: a memory resource for the containers of `std::pmr`, an allocator for all others, an owner.
 *
 * Header only; a program links with the same library as one in C. What the two ask of a heap, and what they do not keep
 * themselves, is the heap's: alignment, cost and locking are those of osm_heap_alloc_aligned() and osm_heap_free().
 * Memory that was taken through one way may be given back through another: all of it is the heap's.
 */
#ifndef OSMEM_HEAP_HPP
#define OSMEM_HEAP_HPP

#include <osmem/heap.h>

#include <cstddef>
#include <limits>
#include <memory>
#include <memory_resource>
#include <new>
#include <type_traits>

/** @brief What the framework adds for C++. */
namespace osm
{

/** @brief Ends a heap; for heap_ptr. */
struct heap_destroyer {
	/**
	 * @brief As osm_heap_destroy().
	 * @param heap a heap from osm_heap_create(), or null
	 */
	void operator()(struct osm_heap *heap) const noexcept
	{
		osm_heap_destroy(heap);
	}
};

/** @brief Owns a heap, which ends with it: `osm::heap_ptr heap(osm_heap_create(...))`. */
using heap_ptr = std::unique_ptr<struct osm_heap, heap_destroyer>;

/** @brief How the two below take memory. */
struct memory {
	/**
	 * @brief Memory of a heap, or std::bad_alloc; where exceptions are turned off, a trap.
	 * @param heap  the heap
	 * @param bytes 0 counts as 1: each piece of memory has an address of its own, as the C++ standard wants
	 * @param align a power of two
	 * @return the memory, aligned
	 * @throws std::bad_alloc if the heap has none
	 */
	static void *take(struct osm_heap *heap, std::size_t bytes, std::size_t align)
	{
		void *p = osm_heap_alloc_aligned(heap, align, bytes ? bytes : 1);

		if (!p) {
#ifdef __cpp_exceptions
			throw std::bad_alloc();
#else
			__builtin_trap();
#endif
		}
		return p;
	}
};

/**
 * @brief A memory resource over a heap that somebody else owns: for `std::pmr::vector` and its like.
 *
 * Two resources are equal if their heap is the same.
 */
class resource : public std::pmr::memory_resource
{
public:
	/**
	 * @brief Stand over a heap.
	 * @param heap not null; must outlive the resource and all that was taken through it
	 */
	explicit resource(struct osm_heap *heap) noexcept : heap_(heap)
	{
	}

	/**
	 * @brief Which heap this is over.
	 * @return the heap
	 */
	struct osm_heap *heap() const noexcept
	{
		return heap_;
	}

protected:
	/**
	 * @brief See memory::take().
	 * @param bytes how many
	 * @param align a power of two
	 * @return the memory
	 */
	void *do_allocate(std::size_t bytes, std::size_t align) override
	{
		return memory::take(heap_, bytes, align);
	}

	/**
	 * @brief See osm_heap_free().
	 * @param p what do_allocate gave
	 * @param bytes not needed: a heap knows its blocks
	 * @param align not needed
	 */
	void do_deallocate(void *p, [[maybe_unused]] std::size_t bytes, [[maybe_unused]] std::size_t align) override
	{
		osm_heap_free(heap_, p);
	}

	/**
	 * @brief Can what one gave be given back to the other?
	 * @param other any resource
	 * @return true if it is over the same heap; without run-time type information only a resource itself is
	 */
	bool do_is_equal(const std::pmr::memory_resource &other) const noexcept override
	{
#ifdef __cpp_rtti
		const auto *same_kind = dynamic_cast<const resource *>(&other);

		return same_kind && same_kind->heap_ == heap_;
#else
		return this == &other;
#endif
	}

private:
	struct osm_heap *heap_;
};

/**
 * @brief An allocator over a heap that somebody else owns: for containers that take one as a type.
 *
 * Moving and swapping containers moves their heap with them, so that it costs O(1); copying does not.
 * @tparam T what is allocated
 */
template <class T> class allocator
{
public:
	using value_type = T;                                          /**< What is allocated. */
	using propagate_on_container_move_assignment = std::true_type; /**< The memory moves, and its heap with it. */
	using propagate_on_container_swap = std::true_type;            /**< The same. */
	using is_always_equal = std::false_type;                       /**< There are more heaps than one. */

	/**
	 * @brief Stand over a heap.
	 * @param heap not null; must outlive whatever is taken
	 */
	allocator(struct osm_heap *heap) noexcept : heap_(heap)
	{
	}

	/**
	 * @brief The allocator of another type over the same heap: a container's nodes are no T.
	 * @tparam U   its type
	 * @param other the allocator
	 */
	template <class U> allocator(const allocator<U> &other) noexcept : heap_(other.heap())
	{
	}

	/**
	 * @brief Which heap this is over.
	 * @return the heap
	 */
	struct osm_heap *heap() const noexcept
	{
		return heap_;
	}

	/**
	 * @brief Memory for an array, aligned for T.
	 * @param n elements
	 * @return the memory
	 * @throws std::bad_array_new_length if no address space has so much
	 * @throws std::bad_alloc if the heap has none
	 */
	T *allocate(std::size_t n)
	{
		if (n > std::numeric_limits<std::size_t>::max() / sizeof(T)) {
#ifdef __cpp_exceptions
			throw std::bad_array_new_length();
#else
			__builtin_trap();
#endif
		}
		return static_cast<T *>(memory::take(heap_, n * sizeof(T), alignof(T)));
	}

	/**
	 * @brief See osm_heap_free().
	 * @param p what allocate() gave
	 * @param n not needed: a heap knows its blocks
	 */
	void deallocate(T *p, [[maybe_unused]] std::size_t n) noexcept
	{
		osm_heap_free(heap_, p);
	}

	/**
	 * @brief Can what one gave be given back to the other?
	 * @tparam U    the other's type
	 * @param other the other
	 * @return true if they are over the same heap
	 */
	template <class U> bool operator==(const allocator<U> &other) const noexcept
	{
		return heap_ == other.heap();
	}

	/**
	 * @brief The opposite of ==.
	 * @tparam U    the other's type
	 * @param other the other
	 * @return true if they are over different heaps
	 */
	template <class U> bool operator!=(const allocator<U> &other) const noexcept
	{
		return heap_ != other.heap();
	}

private:
	struct osm_heap *heap_;
};

} // namespace osm

#endif
