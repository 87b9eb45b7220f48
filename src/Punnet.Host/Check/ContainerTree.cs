using System;
using System.Collections.Generic;
using System.Text;
using Punnet.Abi;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Host.Check;

/// <summary>
/// The files that a container will see, without making it: the root and what is bound over it. Everything in there is hostile. The kernel
/// never follows a link and never resolves "..": each component is opened by itself, O_PATH | O_NOFOLLOW, below the last.
/// </summary>
public sealed class ContainerTree : IDisposable
{
    private const OpenFlags Component = OpenFlags.Path | OpenFlags.NoFollow;
    private const int LinkLimit = 40; // path_resolution(7)

    private readonly Descriptor _root;
    private readonly List<Mount> _mounts = [];

    /// <summary>Takes a root.</summary>
    /// <param name="root">Opened, O_PATH.</param>
    public ContainerTree(Descriptor root) => _root = root;

    /// <summary>Adds a mount, on top of those before it.</summary>
    /// <param name="step">The mount.</param>
    public void Add(MountStep step)
    {
        if (step.Kind == MountKind.Remount)
        {
            return;
        }

        // A destination that is not there will be made, and is where its text says.
        TreePlace place = Find(step.Destination.ToString(), followsLast: !step.DestinationNoFollow);
        string path = place.Path;
        place.File?.Dispose();
        Descriptor? source = null;
        if (step.Kind == MountKind.Bind && !step.CopiesLink)
        {
            OpenFlags flags = step.SourceNoFollow ? Component : OpenFlags.Path;
            source = Sys.Openat(Sys.WorkingDirectory, step.Source.WithNul, flags, 0, out int number) == Errno.None
                ? new Descriptor(number) : null;
        }

        _mounts.Add(new Mount(path, source));
    }

    /// <summary>Finds a file.</summary>
    /// <param name="path">A path in the container; a relative one starts at the root.</param>
    /// <param name="followsLast">Whether a symbolic link at the end is followed.</param>
    public TreePlace Find(string path, bool followsLast = true)
    {
        Walk walk = new(_root, path);
        try
        {
            Errno errno = Errno.None;
            while (errno == Errno.None && walk.TakeName(out string name))
            {
                errno = TryMount(walk.PathOf(name), out Descriptor? source)
                    ? walk.Enter(name, source is null ? new Descriptor(-1) : Duplicate(source))
                    : Step(walk, name, followsLast);
            }

            return new TreePlace(walk.Path, errno == Errno.None && walk.Here.Number >= 0 ? Duplicate(walk.Here) : null, errno);
        }
        finally
        {
            walk.Leave();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _root.Dispose();
        foreach (Mount mount in _mounts)
        {
            mount.Source?.Dispose();
        }
    }

    // A descriptor without a number stands for a file system that is not made yet: anything may be in there.
    private static Errno Step(Walk walk, string name, bool followsLast)
    {
        int number = -1;
        Errno errno = walk.Here.Number < 0
            ? Errno.None : Sys.Openat(walk.Here.Number, CString.Of(name).WithNul, Component, 0, out number);
        Descriptor next = new(number);
        if (number < 0 || (walk.IsAtEnd && !followsLast) || !TryReadLink(next, out string target))
        {
            return errno == Errno.None ? walk.Enter(name, next) : walk.Stop(name, errno);
        }

        next.Dispose();
        return walk.Follow(target);
    }

    private bool TryMount(string path, out Descriptor? source)
    {
        int index = _mounts.Count - 1;
        while (index >= 0 && _mounts[index].Path != path)
        {
            index--;
        }

        source = index < 0 ? null : _mounts[index].Source;
        return index >= 0;
    }

    // readlinkat(2): without a path it reads the descriptor, and refuses what is no link.
    private static bool TryReadLink(Descriptor file, out string target)
    {
        byte[] buffer = new byte[4096];
        bool isLink = Sys.Readlinkat(file.Number, "\0"u8, buffer, out int length) == Errno.None;
        target = isLink ? Encoding.UTF8.GetString(buffer.AsSpan(0, length)) : "";
        return isLink;
    }

    private static Descriptor Duplicate(Descriptor file)
    {
        Sys.DupCloexec(file.Number, 0, out int number).OrThrow("duplicate a descriptor");
        return new Descriptor(number);
    }

    private sealed class Mount(string path, Descriptor? source)
    {
        public string Path { get; } = path;

        /// <summary>Null for a file system that is not made yet.</summary>
        public Descriptor? Source { get; } = source;
    }

    /// <summary>One way through the tree.</summary>
    private sealed class Walk
    {
        private readonly Descriptor _root;
        private readonly List<string> _left = [];
        private readonly List<string> _names = [];
        private readonly List<Descriptor> _passed = [];
        private int _links;

        public Walk(Descriptor root, string path)
        {
            _root = root;
            Here = Duplicate(root);
            Put(path);
        }

        /// <summary>Where it is.</summary>
        public Descriptor Here { get; private set; }

        /// <summary>Whether nothing is left.</summary>
        public bool IsAtEnd => _left.Count == 0;

        /// <summary>Where it is, and what is left.</summary>
        public string Path
        {
            get
            {
                List<string> parts = [.. _names];
                for (int i = _left.Count - 1; i >= 0; i--)
                {
                    parts.Add(_left[i]);
                }

                return "/" + string.Join('/', parts);
            }
        }

        /// <summary>The path of an entry of the directory where it is.</summary>
        public string PathOf(string name) => _names.Count == 0 ? "/" + name : "/" + string.Join('/', _names) + "/" + name;

        /// <summary>Takes the next name; ".." is a step back.</summary>
        public bool TakeName(out string name)
        {
            name = "..";
            while (name == ".." && _left.Count > 0)
            {
                name = _left[^1];
                _left.RemoveAt(_left.Count - 1);
                if (name == ".." && _passed.Count > 0)
                {
                    Here.Dispose();
                    Here = _passed[^1];
                    _passed.RemoveAt(_passed.Count - 1);
                    _names.RemoveAt(_names.Count - 1);
                }
            }

            return name != "..";
        }

        /// <summary>Goes into what was opened.</summary>
        public Errno Enter(string name, Descriptor next)
        {
            _names.Add(name);
            _passed.Add(Here);
            Here = next;
            return Errno.None;
        }

        /// <summary>Goes where a symbolic link leads.</summary>
        public Errno Follow(string target)
        {
            if (target.StartsWith('/'))
            {
                Leave();
                Here = Duplicate(_root);
                _names.Clear();
            }

            Put(target);
            return ++_links > LinkLimit ? Errno.ELOOP : Errno.None;
        }

        /// <summary>Ends it before a name.</summary>
        public Errno Stop(string name, Errno errno)
        {
            _left.Add(name);
            return errno;
        }

        /// <summary>Closes everything.</summary>
        public void Leave()
        {
            Here.Dispose();
            foreach (Descriptor passed in _passed)
            {
                passed.Dispose();
            }

            _passed.Clear();
        }

        // The next name last.
        private void Put(string path)
        {
            string[] parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
            for (int i = parts.Length - 1; i >= 0; i--)
            {
                if (parts[i] != ".")
                {
                    _left.Add(parts[i]);
                }
            }
        }
    }
}

/// <summary>A path in a container.</summary>
/// <param name="path">Without links, as far as it exists.</param>
/// <param name="file">What is there, O_PATH; null where nothing is, or where it is not known.</param>
/// <param name="errno">Why nothing is there; <see cref="Errno.None"/> with no file: a file system that is not made yet has it.</param>
public sealed class TreePlace(string path, Descriptor? file, Errno errno)
{
    /// <summary>Without links, as far as it exists.</summary>
    public string Path { get; } = path;

    /// <summary>What is there, O_PATH, for the caller to close.</summary>
    public Descriptor? File { get; } = file;

    /// <summary>Why nothing is there.</summary>
    public Errno Errno { get; } = errno;

    /// <summary>Whether it cannot be known before the container is made.</summary>
    public bool IsUnknown => File is null && Errno == Errno.None;
}
