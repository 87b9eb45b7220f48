#if X64
global using Numbers = Punnet.Abi.NumbersX64;
#elif ARM64
global using Numbers = Punnet.Abi.NumbersArm64;
#else
#error punnet has the numbers of x64 and arm64 only: see src/Architecture.props
#endif
